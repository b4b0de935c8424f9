# 被 loss_curve.py 和 resume.py 导入的读取函数
import gzip
import json
import random

import numpy as np


def load_data(mode="train", BATCHSIZE=50, seed=None):
    train_set, val_set, eval_set = json.load(gzip.open("./work/mnist.json.gz"))
    imgs, labels = {"train": train_set, "valid": val_set, "eval": eval_set}[mode]
    index_list = list(range(len(imgs)))
    passes = [0]

    def data_generator():
        if mode == "train":
            if seed is None:
                random.shuffle(index_list)
            else:
                index_list.sort()
                random.Random(seed + passes[0]).shuffle(index_list)
            passes[0] += 1
        imgs_list = []
        labels_list = []
        for i in index_list:
            imgs_list.append(np.reshape(imgs[i], [1, 28, 28]).astype("float32"))
            labels_list.append(np.reshape(labels[i], [1]).astype("int64"))
            if len(imgs_list) == BATCHSIZE:
                yield np.array(imgs_list), np.array(labels_list)
                imgs_list = []
                labels_list = []
        if len(imgs_list) > 0:
            yield np.array(imgs_list), np.array(labels_list)

    data_generator.passes = passes
    return data_generator
