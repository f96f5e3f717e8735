"""How many labels does self-supervised pretraining save? (Newell and Deng, CVPR 2020)"""
