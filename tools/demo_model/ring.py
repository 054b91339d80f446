"""Composed crops in files that processes of their own fill and another draws batches from: each is used a few times,
mirrored or not, because composing one takes a processor longer than learning from it.
"""

import multiprocessing
import os
import time

import cv2
import numpy as np
import torch

import compose
import network
import pool

CAPACITY = {128: 16384, 192: 8192, 256: 8192}  # of each kind in a ring, by height
MARGIN = 64  # the oldest crops, about to be written over
USES = 4  # of a crop on average, at most
FEWEST = 1024  # before the first batch


class Ring:
    """The arrays [kinds, capacity, ...] in FOLDER, and how many crops of each kind were ever written, and drawn of
    the kind that is drawn most."""

    def __init__(self, folder, height):
        os.makedirs(folder, exist_ok=True)
        self.height, self.capacity = height, CAPACITY[height]
        shape = (len(network.EXPERTS), self.capacity)
        path = os.path.join(folder, f"crops_{height}_")
        self.pixels = self._array(path + "pixels", np.uint8, (*shape, height, height * 3 // 4, 3))
        self.points = self._array(path + "points", np.float32, (*shape, 17, 2))
        self.visible = self._array(path + "visible", np.float32, (*shape, 17))
        self.counts = self._array(path + "counts", np.int64, (2,))  # written, drawn

    @staticmethod
    def _array(path, dtype, shape):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        mode = "r+" if os.path.exists(path) and os.path.getsize(path) == size else "w+"
        return np.memmap(path, dtype, mode, shape=shape)

    def put(self, kind, picture, points, visible):
        slot = self.counts[0] % self.capacity
        self.pixels[kind, slot], self.points[kind, slot], self.visible[kind, slot] = picture, points, visible

    def enough(self):
        """Whether the crops there are suffice for what was drawn."""
        written, drawn = self.counts
        return written >= FEWEST and written * USES >= drawn + self.capacity

    def draw(self, rng, kind, count):
        """Pixels, points and visibilities of random crops, half of them mirrored."""
        written = int(self.counts[0])
        slots = (written - 1 - rng.integers(min(written, self.capacity - MARGIN), size=count)) % self.capacity
        pixels = torch.from_numpy(self.pixels[kind])[torch.from_numpy(slots)]
        points, visible = self.points[kind, slots], self.visible[kind, slots]
        mirrored = rng.random(count) < 0.5
        order = compose.FLIPS[network.EXPERTS[kind]]
        chosen = torch.from_numpy(mirrored)
        pixels[chosen] = pixels[chosen].flip(2)
        points[mirrored] = points[mirrored][:, order] * [-1, 1] + [compose.CROP_W - 1, 0]
        visible[mirrored] = visible[mirrored][:, order]
        return pixels, torch.from_numpy(points), torch.from_numpy(visible)


class Rings:
    """Rings, each filled by a process of its own, that are drawn from in turn."""

    def __init__(self, rings):
        self.rings, self.turn = rings, 0

    def draw(self, rng, sizes):
        """[(pixels, points, visibilities, kind)] of so many crops of each kind."""
        while any(ring.counts[0] < FEWEST for ring in self.rings):
            time.sleep(0.5)
        parts = []
        for kind, size in enumerate(sizes):
            drawn = [ring.draw(rng, kind, int(n)) for ring, n in zip(self.rings, self._shares(size)) if n]
            parts.append((*(torch.cat(columns) for columns in zip(*drawn)), kind))
        for ring, share in zip(self.rings, self._shares(max(sizes))):
            ring.counts[1] += share
        self.turn += 1
        return parts

    def _shares(self, size):
        """Of each ring; the larger ones, where they are not equal, go round."""
        return np.roll(np.diff(np.linspace(0, size, len(self.rings) + 1).astype(int)), self.turn)


def _fill(folder, pool_folder, height, seeds, parent):
    cv2.setNumThreads(1)
    ring = Ring(folder, height)
    rng = np.random.default_rng([*seeds, int(ring.counts[0])])
    pools = {kind: pool.Subjects(pool_folder, kind) for kind in network.EXPERTS}
    scenery, refreshed = pool.Backgrounds(pool_folder), time.time()
    while os.getppid() == parent:
        if ring.enough():
            time.sleep(0.05)
            continue
        if time.time() - refreshed > 600:
            for p in pools.values():
                p.refresh()
            scenery, refreshed = pool.Backgrounds(pool_folder), time.time()
        for kind, name in enumerate(network.EXPERTS):
            picture, points, visible = compose.sample(rng, pools, scenery, name, strength=rng.random())
            if height != compose.CROP_H:
                picture = cv2.resize(picture, (height * 3 // 4, height), interpolation=cv2.INTER_AREA)
            ring.put(kind, picture, points, visible)
        ring.counts[0] += 1


def start(folder, pool_folder, height, fillers, seed):
    """The rings and the processes that fill them, which end with this one."""
    rings = []
    for number in range(1, fillers + 1):
        own = os.path.join(folder, f"ring_{number}_of_{fillers}")
        rings.append(Ring(own, height))
        arguments = (own, pool_folder, height, (seed, number), os.getpid())
        multiprocessing.get_context("spawn").Process(target=_fill, args=arguments, daemon=True).start()
    return Rings(rings)
