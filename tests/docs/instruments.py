"""Simulated runs for the examples: each has features at places that are known, for an example to find."""

from __future__ import annotations

import numpy as np

from .nexusrun import Bank, write_run

US_PER_M_A = 252.7784
"""Flight time of a neutron in µs per metre and Å."""
MEV = 5.227037
"""Energy of a neutron in meV at 1 m/ms: m_n / 2."""

SANS_PEAK = 0.1076
"""1/Å, first order of silver behenate."""
REFLECTED_PEAK = 0.05
"""1/Å, of a multilayer."""
INCIDENT_MEV, EXCITED_MEV = 25.0, 8.0


def _toa_ns(wavelength, path):
    return np.rint(1e3 * US_PER_M_A * wavelength * path).astype(np.int64)


def write_sans(path):
    """Write 48 banks of four tubes, 5 m behind the sample, round a ring at `SANS_PEAK`; some background at small Q."""
    rng = np.random.default_rng(1)
    tubes, rows = np.linspace(-0.52, 0.52, 192), np.linspace(-0.52, 0.52, 64)
    positions = np.stack([*np.meshgrid(tubes, rows, indexing="ij"), np.full((192, 64), 5.0)], axis=-1)
    flat = positions.reshape(-1, 3)
    theta = np.arctan2(np.hypot(flat[:, 0], flat[:, 1]), 5.0) / 2
    path_m = 14.0 + np.linalg.norm(flat, axis=1)
    wavelength = rng.uniform(2.0, 2.9, 400)
    pixels, toas = [], []
    for one in wavelength:
        q = 4 * np.pi * np.sin(theta) / one
        weight = np.exp(-0.5 * ((q - SANS_PEAK) / 0.004) ** 2) + 20 * np.exp(-((q / 0.012) ** 2)) + 0.02
        chosen = rng.choice(len(flat), 250, p=weight / weight.sum())
        pixels.append(chosen)
        toas.append(_toa_ns(one, path_m[chosen]))
    pixel, toa = np.concatenate(pixels), np.concatenate(toas)
    pulse = rng.integers(0, 300, len(pixel))
    banks = {}
    for n in range(48):
        mine = pixel // 256 == n
        banks[f"bank{n + 1}"] = Bank(
            positions[4 * n : 4 * n + 4], 1 + 256 * n, pixel[mine] - 256 * n, toa[mine], pulse[mine]
        )
    period = 16_666_667
    charge = (np.arange(300) * period / 1e9, np.full(300, 1.9e7), "picoCoulombs")
    return write_run(path, source_z=-14.0, period_ns=period, n_pulses=300, banks=banks, logs={"proton_charge": charge})


def write_reflectometer(path):
    """Write a detector that a multilayer reflects `REFLECTED_PEAK` into, and the direct beam beside it."""
    rng = np.random.default_rng(2)
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, 32), np.linspace(-0.09, 0.12, 256))
    positions = np.stack([x, y, np.full(x.shape, 1.83)], axis=-1)
    flat = positions.reshape(-1, 3)
    grazing = np.arctan2(flat[:, 1], 1.83) / 2
    path_m = 13.63 + np.linalg.norm(flat, axis=1)
    pixels, toas = [], []
    for one in rng.uniform(2.6, 6.5, 400):
        q = 4 * np.pi * np.sin(grazing) / one
        weight = np.exp(-0.5 * ((q - REFLECTED_PEAK) / 0.0008) ** 2) + 4 * np.exp(-0.5 * (grazing / 4e-4) ** 2) + 0.002
        chosen = rng.choice(len(flat), 150, p=weight / weight.sum())
        pixels.append(chosen)
        toas.append(_toa_ns(one, path_m[chosen]))
    pixel, toa = np.concatenate(pixels), np.concatenate(toas)
    # The light of 5 Å and more arrives after the next pulse.
    period = 16_666_667
    pulse = rng.integers(0, 400, len(pixel)) + toa // period
    bank = Bank(positions, 0, pixel, toa % period, pulse)
    charge = (np.arange(410) * period / 1e9, np.full(410, 2.3e7), "picoCoulombs")
    return write_run(
        path, source_z=-13.63, period_ns=period, n_pulses=410, banks={"bank1": bank}, logs={"proton_charge": charge}
    )


def write_spectrometer(path):
    """Write a direct spectrometer: an elastic line and an excitation, in a ring of tubes from 10° to 130°."""
    rng = np.random.default_rng(3)
    angle, height = np.meshgrid(np.radians(np.linspace(10, 130, 120)), np.linspace(-0.5, 0.5, 16))
    positions = np.stack([4 * np.sin(angle), height, 4 * np.cos(angle)], axis=-1)
    l2 = np.linalg.norm(positions.reshape(-1, 3), axis=1)
    n = 120_000
    pixel = rng.integers(0, len(l2), n)
    lost = np.where(rng.random(n) < 0.7, 0.0, EXCITED_MEV) + 0.2 * rng.standard_normal(n)
    toa_ms = 20.0 / np.sqrt(INCIDENT_MEV / MEV) + l2[pixel] / np.sqrt((INCIDENT_MEV - lost) / MEV)
    bank = Bank(positions, 1, pixel, np.rint(toa_ms * 1e6).astype(np.int64), rng.integers(0, 200, n))
    # One monitor event in each pulse, at the time when neutrons of the energy pass 18 m.
    arrived = np.full(20 * 200, round(18.0 / np.sqrt(INCIDENT_MEV / MEV) * 1e6))
    monitor = Bank(np.array([[[0.0, 0.0, -2.0]]]), toa_ns=arrived, pulse=np.repeat(np.arange(200), 20), is_monitor=True)
    temperature = (np.arange(20.0), np.where(np.arange(20) < 10, 4.0, 60.0), "K")
    return write_run(
        path,
        source_z=-20.0,
        period_ns=100_000_000,
        n_pulses=200,
        banks={"detector": bank, "monitor": monitor},
        logs={"temperature": temperature},
    )
