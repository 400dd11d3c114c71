"""Models, their versions, jobs on workers, predictions and scores."""
