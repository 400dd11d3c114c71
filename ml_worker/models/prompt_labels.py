"""What the label of a prompt point says to a SAM; a box is its two corners."""

BACKGROUND, FOREGROUND, BOX_FIRST, BOX_SECOND, PADDING = 0, 1, 2, 3, -1
