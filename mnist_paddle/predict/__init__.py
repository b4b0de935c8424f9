"""From a model file and pictures to digits: model.py reads digits, pictures.py opens many pictures.

runtimes.py opens exported models; output.py and plot.py show what was read.
"""

from .model import SHIPPED, Prediction, TrainedModel, default_model, load_model, predict

__all__ = ["SHIPPED", "Prediction", "TrainedModel", "default_model", "load_model", "predict"]
