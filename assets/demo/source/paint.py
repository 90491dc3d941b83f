"""Painting shared by the demo show's pictures: noise, lit solids of revolution, soft shadows."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def noise(size, cells, seed, octaves=4):
    """Smooth noise of shape `size`, about 0 to 1, `cells` bumps across at the coarsest."""
    rng = np.random.default_rng(seed)
    height, width = size
    total = np.zeros(size)
    weight_sum = 0.0
    weight = 1.0
    for octave in range(octaves):
        n = max(2, int(cells * 2**octave))
        m = max(2, int(n * height / width))
        grid = Image.fromarray((rng.random((m, n)) * 255).astype(np.uint8))
        total += weight * np.asarray(grid.resize((width, height), Image.BICUBIC), float) / 255
        weight_sum += weight
        weight *= 0.5
    return total / weight_sum


def mix(a, b, t):
    t = np.clip(t, 0, 1)[..., None]
    return np.asarray(a, float) * (1 - t) + np.asarray(b, float) * t


def smooth(low, high, value):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


LIGHT = np.array([-0.5, -0.62, 0.6])
LIGHT = LIGHT / np.linalg.norm(LIGHT)


def solid(canvas, centre, half_height, profile, colour, turn=0.0, bump=None, gloss=0.5, shine=40, ground=None):
    """Paints a solid of revolution lit from the upper left onto a float RGB canvas.

    `profile(v)` is the half width at height v (-1 top to 1 bottom) as a share of `half_height`;
    `colour(u, v, z)` gives RGB from longitude u (-1..1), height v and depth z.
    """
    height, width, _ = canvas.shape
    ys, xs = np.mgrid[0:height, 0:width]
    dx, dy = (xs - centre[0]) / half_height, (ys - centre[1]) / half_height
    c, s = np.cos(turn), np.sin(turn)
    x, v = c * dx + s * dy, -s * dx + c * dy
    inside_v = np.abs(v) < 1
    vv = np.clip(v, -0.9999, 0.9999)
    w = np.maximum(profile(vv), 1e-6)
    slope = (profile(np.clip(vv + 0.004, -0.9999, 0.9999)) - profile(np.clip(vv - 0.004, -0.9999, 0.9999))) / 0.008
    slope = np.clip(slope, -6, 6)
    edge = np.minimum(w - np.abs(x), (1 - np.abs(v)))
    cover = np.clip(edge * half_height + 0.5, 0, 1) * inside_v
    if not cover.any():
        return
    z = np.sqrt(np.maximum(w * w - x * x, 0))
    normal = np.stack([x, -w * slope, z], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    u = np.arcsin(np.clip(x / w, -1, 1)) / (np.pi / 2)
    if bump is not None:
        gy, gx = np.gradient(bump(u, v) * half_height)
        normal = normal + np.stack([-gx, -gy, np.zeros_like(gx)], -1)
        normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    # Turn the normal back to the picture.
    nx = c * normal[..., 0] - s * normal[..., 1]
    ny = s * normal[..., 0] + c * normal[..., 1]
    nz = normal[..., 2]
    diffuse = nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2]
    lit = 0.42 + 0.66 * np.clip(diffuse * 0.62 + 0.38, 0, 1)
    # Light thrown back by the table, and dark where the solid meets it.
    lit += 0.10 * np.clip(ny, 0, 1) * np.clip(1 - nz, 0, 1)
    half = LIGHT + np.array([0, 0, 1.0])
    half /= np.linalg.norm(half)
    spec = np.clip(nx * half[0] + ny * half[1] + nz * half[2], 0, 1) ** shine
    rgb = colour(u, v, z) * lit[..., None] + 255 * gloss * spec[..., None]
    rim = np.clip(1 - nz, 0, 1) ** 3
    rgb = rgb * (1 - 0.30 * rim[..., None])
    if ground is not None:
        near = smooth(ground - 0.35 * half_height, ground + 0.05 * half_height, ys.astype(float))
        rgb = rgb * (1 - 0.32 * near[..., None])
    a = cover[..., None]
    canvas[:] = canvas * (1 - a) + np.clip(rgb, 0, 255) * a


def shadow(canvas, centre, radii, strength=0.5, blur=18):
    height, width, _ = canvas.shape
    ys, xs = np.mgrid[0:height, 0:width]
    d = ((xs - centre[0]) / radii[0]) ** 2 + ((ys - centre[1]) / radii[1]) ** 2
    mask = Image.fromarray((np.clip(1.2 - d, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))
    a = np.asarray(mask, float)[..., None] / 255 * strength
    canvas[:] = canvas * (1 - a) + np.array([40, 26, 16.0]) * a


def backdrop(size, seed, far, near, wood=(196, 150, 100)):
    """A table before a blurred orchard."""
    height, width = size
    ys = np.mgrid[0:height, 0:width][0] / height
    picture = mix(np.array(far, float), np.array(near, float), smooth(0.0, 0.62, ys))
    rng = np.random.default_rng(seed)
    layer = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    for _ in range(46):
        r = int(rng.integers(width // 40, width // 11))
        cx, cy = int(rng.integers(0, width)), int(rng.integers(0, int(height * 0.58)))
        spot = Image.new("L", (width, height), 0)
        ImageDraw.Draw(spot).ellipse((cx - r, cy - r, cx + r, cy + r), fill=int(rng.integers(18, 70)))
        spot = spot.filter(ImageFilter.GaussianBlur(r * 0.16))
        tint = [(255, 244, 190), (214, 240, 160), (255, 226, 170)][int(rng.integers(0, 3))]
        layer.paste(Image.new("RGB", (width, height), tint), (0, 0), spot)
    picture = np.asarray(layer, float)
    edge = 0.60
    grain = noise(size, 3, seed + 1, 5)
    ys_px, xs_px = np.mgrid[0:height, 0:width]
    depth = np.clip((ys - edge) / (1 - edge), 0, 1)
    stretched = np.asarray(Image.fromarray((noise((height // 30, width), 8, seed + 2, 5) * 255).astype(np.uint8)).resize((width, height), Image.BICUBIC), float) / 255
    tone = 0.78 + 0.26 * stretched + 0.10 * (grain - 0.5) + 0.12 * depth
    table = np.asarray(wood, float) * tone[..., None]
    boards = 1 - 0.22 * np.exp(-(((depth ** 0.7 * 3.0) % 1.0 - 0.03) / 0.018) ** 2)
    table *= boards[..., None]
    on = smooth(edge - 0.004, edge + 0.004, ys)[..., None]
    return picture * (1 - on) + np.clip(table, 0, 255) * on


def save(canvas, path, size=600):
    picture = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    picture = picture.resize((size, size), Image.LANCZOS)
    picture.save(path, optimize=True)
