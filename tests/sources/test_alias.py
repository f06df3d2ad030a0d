import numpy as np
import pytest

from livedata.sources.alias import alias_table, probabilities


@pytest.mark.parametrize("seed", range(5))
def test_cells_are_drawn_with_the_probability_of_their_weights(seed):
    weights = np.random.default_rng(seed).pareto(0.7, 4096)
    expected = weights / weights.sum()

    drawn = probabilities(alias_table(weights))

    np.testing.assert_allclose(drawn, expected, atol=2e-4 / len(weights) * 4, rtol=0.02)
    assert drawn.sum() == pytest.approx(1.0)


def test_a_cell_without_weight_is_never_drawn():
    drawn = probabilities(alias_table([0.0, 3.0, 0.0, 1.0]))

    np.testing.assert_allclose(drawn, [0.0, 0.75, 0.0, 0.25], atol=1e-4)


def test_equal_weights_need_no_alias():
    assert (alias_table(np.ones(8)).accept == 1 << 14).all()
