"""How many labels does self-supervised pretraining save, as Newell and Deng asked (CVPR 2020)?"""
