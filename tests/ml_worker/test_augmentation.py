"""Grey levels of training patches vary as contrast medium varies them."""

import torch

from ml_worker.learning.augmentation import relight

LEVELS = torch.linspace(-1.5, 1.5, 64)


def relit(seed):
    """Return 48 patches of a ramp of grey levels, relit; noise is averaged over the rows."""
    ramp = LEVELS.expand(48, 3, 200, 64)
    return relight(ramp, torch.Generator().manual_seed(seed)).mean(dim=(1, 2))


def test_two_tissues_may_change_places_in_brightness():
    levels = relit(3)
    darker, brighter = levels[:, 32], levels[:, 42]  # about 50 HU and 210 HU

    changed = int((darker > brighter).sum())

    assert 0 < changed < 24


def test_most_patches_keep_the_order_of_their_grey_levels():
    steps = relit(3)[:, 8:56:8].diff(dim=1)

    assert int((steps > 0).all(dim=1).sum()) > 24


def test_air_stays_darker_than_anything_and_bone_brighter():
    levels = relit(3)

    assert bool((levels[:, 0] < levels[:, 16:48].min(dim=1).values).all())
    assert bool((levels[:, -1] > levels[:, 16:48].max(dim=1).values).all())


def test_the_same_seed_relights_alike():
    assert torch.equal(relit(5), relit(5))
    assert not torch.equal(relit(5), relit(6))
