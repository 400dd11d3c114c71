"""Names of this room's jobs and of those it rings for in other rooms."""

TRAIN = "train"
PREDICT = "predict"
FEATURES = "features"
PREPARE_MODEL = "prepare_model"

DISPATCH_TRAINING = "inference.dispatch_training"
RANK_UNITS = "inference.rank_units"
SETTLE = "inference.settle"
REORDER = "worklists.reorder"
