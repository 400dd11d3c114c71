"""The worker: trains, predicts and embeds; needs no web framework and no database."""
