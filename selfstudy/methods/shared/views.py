"""The views of the published recipes, for small images: crops keep a fifth at least."""

from selfstudy.augment import View
from selfstudy.photometry import Colors

AREA = (0.2, 1.0)
JITTER = Colors()  # BYOL's, which others took over

# SimCLR for CIFAR: half of its strength on ImageNet (Chen et al., 2020, appendix B.9).
SIMCLR = (View(AREA, color=Colors(0.4, 0.4, 0.4, 0.1), cutout=False, blur=0.5),) * 2
# One view is always blurred, the other at times inverted (Grill et al., 2020, table 6).
BYOL = (
    View(AREA, color=JITTER, cutout=False, blur=1.0),
    View(AREA, color=JITTER._replace(solarize=0.2), cutout=False, blur=0.1),
)
# Both views are drawn alike (Bardes et al., 2022, appendix C.1).
VICREG = (View(AREA, color=JITTER._replace(solarize=0.1), cutout=False, blur=0.5),) * 2
# Small crops are enlarged to the image's size, so that any backbone takes them.
LOCAL = View((0.05, 0.25), color=JITTER, cutout=False, blur=0.5)
