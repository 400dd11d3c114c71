"""Training, evaluation, prediction and acquisition: arrays and grids in, arrays out."""
