"""Draws the demo show's product photos (600 x 600) from formulas; nothing here is a photograph.

    python photos.py [OUT_DIR]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from paint import backdrop, mix, noise, save, shadow, smooth, solid

N = 1200
TEX = 512


def sample(texture, a, b):
    """Looks a texture up with coordinates of about -1..1."""
    h, w = texture.shape
    return texture[((b * 0.5 + 0.5) * (h - 1)).astype(int).clip(0, h - 1), ((a * 0.5 + 0.5) * (w - 1)).astype(int).clip(0, w - 1)]


def paste(canvas, draw):
    """Draws with Pillow at twice the size and lays it on the canvas."""
    layer = Image.new("RGBA", (N, N), (0, 0, 0, 0))
    draw(ImageDraw.Draw(layer), layer)
    rgba = np.asarray(layer.filter(ImageFilter.GaussianBlur(0.8)), float)
    a = rgba[..., 3:] / 255
    canvas[:] = canvas * (1 - a) + rgba[..., :3] * a


def leaf(canvas, base, length, width, turn, colour=(86, 140, 52)):
    def draw(pen, _):
        t = np.linspace(0, 1, 40)
        side = np.sin(np.pi * t) ** 0.8 * width
        c, s = np.cos(turn), np.sin(turn)
        def at(along, across):
            return (base[0] + c * along - s * across, base[1] + s * along + c * across)
        upper = [at(length * k, -w) for k, w in zip(t, side)]
        lower = [at(length * k, w) for k, w in zip(t, side)]
        pen.polygon(upper + lower[::-1], fill=tuple(colour) + (255,))
        pen.polygon(upper + [at(length * k, 0) for k in t[::-1]], fill=tuple(min(255, int(v * 1.18)) for v in colour) + (255,))
        pen.line([at(0, 0), at(length, 0)], fill=(170, 205, 120, 255), width=4)
        for k in np.linspace(0.2, 0.8, 5):
            w = np.sin(np.pi * k) ** 0.8 * width * 0.75
            pen.line([at(length * k, 0), at(length * (k + 0.12), -w)], fill=(150, 190, 105, 150), width=2)
            pen.line([at(length * k, 0), at(length * (k + 0.12), w)], fill=(150, 190, 105, 150), width=2)
    paste(canvas, draw)


def stem(canvas, points, width=12, colour=(92, 62, 36)):
    def draw(pen, _):
        pen.line(points, fill=colour + (255,), width=width, joint="curve")
        pen.line([(x - 2, y) for x, y in points], fill=tuple(int(v * 1.35) for v in colour) + (255,), width=max(2, width // 3), joint="curve")
    paste(canvas, draw)


def apple(canvas, centre, radius, seed, ripe=0.7, turn=0.0):
    freckles = noise((TEX, TEX), 110, seed, 1)
    streaks = np.asarray(Image.fromarray((noise((TEX // 16, TEX), 46, seed + 1, 3) * 255).astype(np.uint8)).resize((TEX, TEX), Image.BICUBIC), float) / 255
    blush = noise((TEX, TEX), 2, seed + 2, 3)
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) ** 0.82 * (1.07 - 0.16 * v - 0.05 * v * v)
    def colour(u, v, z):
        red = mix((214, 36, 40), (150, 14, 30), sample(blush, u, v) * 1.5 - 0.4)
        gold = np.array([236, 196, 96.0])
        bare = smooth(0.50, 0.80, sample(blush, -u, v) * 0.75 + 0.30 * sample(streaks, u, v) - 0.42 * (ripe - 0.7) + 0.10 * v)
        out = mix(red, gold, bare * 0.85)
        out = mix(out, np.array([168, 20, 30.0]), smooth(0.55, 0.75, sample(streaks, u, v)) * 0.45)
        dots = smooth(0.86, 0.94, sample(freckles, u, v))
        out = mix(out, np.array([246, 214, 160.0]), dots * 0.5)
        return mix(out, np.array([205, 190, 96.0]), smooth(-0.80, -1.0, v) * 0.9)
    shadow(canvas, (centre[0] + radius * 0.25, centre[1] + radius * 0.86), (radius * 1.15, radius * 0.30), 0.62, 26)
    solid(canvas, centre, radius, profile, colour, turn=turn, gloss=0.62, shine=46, ground=centre[1] + radius * 0.92)
    # The hollow at the stem.
    top = (centre[0] + np.sin(turn) * radius * 0.86, centre[1] - np.cos(turn) * radius * 0.86)
    ys, xs = np.mgrid[0:N, 0:N]
    d = ((xs - top[0]) / (radius * 0.36)) ** 2 + ((ys - top[1]) / (radius * 0.13)) ** 2
    a = (np.clip(1 - d, 0, 1) ** 0.7 * 0.78)[..., None]
    canvas[:] = canvas * (1 - a) + np.array([92, 60, 22.0]) * a
    stem(canvas, [(top[0], top[1] + radius * 0.03), (top[0] + radius * 0.03, top[1] - radius * 0.16), (top[0] + radius * 0.12, top[1] - radius * 0.30)], int(radius * 0.055))
    return top


def apples():
    canvas = backdrop((N, N), 11, (178, 205, 120), (120, 160, 74))
    apple(canvas, (400, 600), 235, 5, 0.9, -0.06)
    apple(canvas, (850, 570), 225, 9, 0.55, 0.10)
    top = apple(canvas, (610, 770), 285, 21, 0.75, 0.02)
    leaf(canvas, (top[0] + 22, top[1] - 58), 190, 46, -0.45)
    return canvas


def pear(canvas, centre, radius, seed, turn=0.0):
    specks = noise((TEX, TEX), 120, seed, 1)
    blush = noise((TEX, TEX), 2, seed + 2, 3)
    def profile(v):
        t = np.arccos(np.clip(-v, -1, 1))
        return np.sin(t) ** 0.9 * (0.56 - 0.27 * np.cos(t - 0.10) + 0.06 * np.cos(2 * t) - 0.03 * np.cos(3 * t))
    def colour(u, v, z):
        out = mix((236, 206, 92), (206, 196, 84), sample(blush, u, v))
        out = mix(out, np.array([214, 140, 62.0]), smooth(0.45, 0.75, sample(blush, -u, v)) * 0.45 * (u > -1))
        return mix(out, np.array([150, 108, 48.0]), smooth(0.80, 0.92, sample(specks, u, v)) * 0.5)
    shadow(canvas, (centre[0] + radius * 0.2, centre[1] + radius * 0.95), (radius * 0.85, radius * 0.22), 0.6, 24)
    solid(canvas, centre, radius, profile, colour, turn=turn, gloss=0.42, shine=34, ground=centre[1] + radius)
    top = (centre[0] + np.sin(turn) * radius * 0.97, centre[1] - np.cos(turn) * radius * 0.97)
    stem(canvas, [(top[0], top[1] + 8), (top[0] + 8, top[1] - 34), (top[0] + 30, top[1] - 78)], 15)
    return top


def pears():
    canvas = backdrop((N, N), 23, (206, 214, 140), (150, 168, 88))
    pear(canvas, (390, 570), 300, 3, -0.10)
    pear(canvas, (850, 585), 290, 8, 0.14)
    top = pear(canvas, (620, 690), 350, 15, 0.02)
    leaf(canvas, (top[0] + 26, top[1] - 66), 180, 42, -0.30)
    return canvas


def honey():
    canvas = backdrop((N, N), 37, (240, 210, 130), (206, 160, 74), (180, 128, 78))
    swirl = noise((TEX, TEX), 3, 5, 4)
    centre, half = (600, 660), 330
    def jar(v):
        body = 0.74 - 0.10 * smooth(-0.55, -0.95, v) - 0.06 * smooth(0.84, 1.0, v)
        return np.where(np.abs(v) < 0.999, body, 0.0)
    def glass(u, v, z):
        glow = smooth(-0.9, 0.9, u * 0.4 - v * 0.2 + sample(swirl, u, v) * 0.7)
        out = mix((166, 78, 8), (250, 176, 40), glow)
        return mix(out, np.array([255, 226, 150.0]), smooth(0.40, 0.9, u) * smooth(0.95, 0.5, u) * 0.7)
    shadow(canvas, (690, 965), (330, 78), 0.55, 26)
    ys, xs = np.mgrid[0:N, 0:N]
    light = np.exp(-(((xs - 900) / 190) ** 2 + ((ys - 985) / 42) ** 2))[..., None] * 0.55
    canvas[:] = canvas * (1 - light) + np.array([255, 190, 70.0]) * light
    solid(canvas, centre, half, jar, glass, gloss=0.55, shine=60)
    lid = noise((TEX, TEX), 30, 3, 3)
    solid(canvas, (600, 322), 62, lambda v: np.where(np.abs(v) < 0.999, 3.55 - 0.18 * np.abs(v) ** 6, 0.0), lambda u, v, z: mix((222, 188, 120), (180, 138, 72), sample(lid, u, v)), gloss=0.25, shine=20)
    def label(pen, layer):
        pen.rounded_rectangle((430, 560, 770, 800), 34, fill=(255, 247, 224, 255), outline=(196, 132, 38, 255), width=7)
        for ring, tone in ((0, (240, 176, 46, 255)),):
            for hx, hy in ((600, 640), (541, 674), (659, 674), (600, 708)):
                r = 36
                pen.polygon([(hx + r * np.cos(np.pi / 6 + k * np.pi / 3), hy + r * np.sin(np.pi / 6 + k * np.pi / 3)) for k in range(6)], fill=tone, outline=(255, 247, 224, 255), width=6)
        pen.line((500, 764, 700, 764), fill=(196, 132, 38, 255), width=8)
    paste(canvas, label)
    shine = np.exp(-(((xs - 425) / 20) ** 2)) * smooth(400, 460, ys) * smooth(930, 860, ys) * 0.55
    canvas[:] = canvas * (1 - shine[..., None]) + 255 * shine[..., None]
    # A dipper with its drop.
    def dipper(pen, _):
        pen.line((800, 900, 1090, 700), fill=(166, 112, 60, 255), width=26)
        pen.line((800, 893, 1086, 695), fill=(206, 156, 96, 255), width=8)
    shadow(canvas, (900, 985), (200, 36), 0.4, 20)
    paste(canvas, dipper)
    for k in range(6):
        wood = (214, 160, 92) if k % 2 == 0 else (172, 116, 58)
        solid(canvas, (868 - k * 25, 856 + k * 17), 62 - abs(k - 2.5) * 7, lambda v: np.sqrt(np.maximum(1 - v * v, 0)) * 0.24, lambda u, v, z, w=wood: mix(w, (240, 170, 50), smooth(-0.2, 0.9, v)), turn=0.96 - np.pi / 2 + np.pi / 2, gloss=0.5, shine=30)
    return canvas


def walnut(canvas, centre, radius, seed, turn):
    wrinkles = noise((TEX, TEX), 10, seed, 2)
    tone = noise((TEX, TEX), 4, seed + 3, 3)
    ridge = np.abs(wrinkles - 0.5) * 2
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) * 0.86 * (1 - 0.06 * v)
    def colour(u, v, z):
        out = mix((206, 158, 98), (168, 116, 64), sample(tone, u, v))
        out = mix(np.array([112, 70, 36.0]), out, smooth(0.02, 0.26, sample(ridge, u, v)))
        return mix(out, np.array([118, 76, 40.0]), np.exp(-(u / 0.035) ** 2) * 0.8)
    def bump(u, v):
        return smooth(0.0, 0.35, sample(ridge, u, v)) * 0.035 + 0.05 * np.exp(-(u / 0.07) ** 2)
    shadow(canvas, (centre[0] + radius * 0.2, centre[1] + radius * 0.84), (radius * 1.0, radius * 0.28), 0.6, 18)
    solid(canvas, centre, radius, profile, colour, turn=turn, bump=bump, gloss=0.12, shine=14, ground=centre[1] + radius * 0.9)


def walnuts():
    canvas = backdrop((N, N), 41, (196, 196, 150), (140, 136, 90), (158, 112, 74))
    for k, (x, y, r, t) in enumerate([(330, 640, 165, 0.5), (620, 610, 160, -0.3), (890, 650, 165, 0.9), (250, 860, 172, -0.8), (940, 880, 178, 0.2), (590, 850, 196, 0.35)]):
        walnut(canvas, (x, y), r, 60 + 7 * k, t)
    return canvas


def date(canvas, centre, radius, seed, turn):
    folds = np.asarray(Image.fromarray((noise((TEX // 4, TEX), 14, seed, 4) * 255).astype(np.uint8)).resize((TEX, TEX), Image.BICUBIC), float) / 255
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) ** 0.9 * 0.66
    def colour(u, v, z):
        out = mix((168, 34, 26), (98, 14, 18), sample(folds, u, v) * 1.5 - 0.3)
        return mix(out, np.array([196, 120, 70.0]), smooth(-0.90, -1.0, v))
    def bump(u, v):
        return sample(folds, u, v) * 0.10
    shadow(canvas, (centre[0] + radius * 0.15, centre[1] + radius * 0.66), (radius * 1.0, radius * 0.26), 0.6, 16)
    solid(canvas, centre, radius, profile, colour, turn=turn, bump=bump, gloss=0.50, shine=30, ground=centre[1] + radius * 0.8)


def dates():
    canvas = backdrop((N, N), 53, (232, 206, 150), (196, 150, 92), (206, 160, 108))
    places = [(300, 610, 150, 1.2), (560, 590, 150, -1.0), (830, 600, 150, 1.5), (1000, 720, 145, 0.7), (200, 770, 150, -0.6), (430, 750, 165, 1.1), (690, 750, 168, -1.3), (900, 870, 168, 1.25), (330, 930, 172, -1.15), (610, 930, 180, 1.45)]
    for k, (x, y, r, t) in enumerate(places):
        date(canvas, (x, y), r, 90 + 5 * k, t)
    leaf(canvas, (930, 560), 170, 40, -0.5)
    leaf(canvas, (960, 590), 150, 36, 0.15, (104, 156, 60))
    return canvas


def sweet_potato(canvas, centre, radius, seed, turn, fat=0.40):
    skin = noise((TEX, TEX), 10, seed, 5)
    lines = np.asarray(Image.fromarray((noise((TEX, TEX // 16), 6, seed + 1, 4) * 255).astype(np.uint8)).resize((TEX, TEX), Image.BICUBIC), float) / 255
    def profile(v):
        return np.maximum(1 - np.abs(v) ** 2.3, 0) ** 0.72 * fat * (1 + 0.10 * np.sin(v * 4 + seed))
    def colour(u, v, z):
        out = mix((176, 70, 84), (136, 44, 66), sample(skin, u, v) * 1.4 - 0.2)
        out = mix(out, np.array([206, 128, 106.0]), smooth(0.58, 0.75, sample(lines, u, v)) * 0.4)
        return mix(out, np.array([110, 60, 50.0]), smooth(0.90, 1.0, np.abs(v)) * 0.8)
    def bump(u, v):
        return sample(lines, u, v) * 0.020 + sample(skin, u, v) * 0.03
    drop = abs(np.cos(turn)) * radius * 0.75 + abs(np.sin(turn)) * radius * fat * 0.9
    shadow(canvas, (centre[0] + 24, centre[1] + drop), (radius * 0.95, radius * 0.20), 0.55, 24)
    solid(canvas, centre, radius, profile, colour, turn=turn, bump=bump, gloss=0.14, shine=14, ground=centre[1] + drop)


def sweet_potatoes():
    canvas = backdrop((N, N), 67, (200, 206, 132), (150, 150, 84), (188, 140, 92))
    sweet_potato(canvas, (470, 610), 370, 4, 1.36, 0.42)
    sweet_potato(canvas, (810, 690), 340, 7, -1.25, 0.40)
    sweet_potato(canvas, (480, 850), 390, 12, 1.52, 0.44)
    # One cut open.
    def cut(pen, layer):
        pen.ellipse((770, 800, 1050, 1070), fill=(150, 54, 70, 255))
        pen.ellipse((786, 814, 1034, 1054), fill=(244, 158, 62, 255))
        pen.ellipse((818, 846, 1002, 1022), fill=(250, 178, 84, 255))
        rng = np.random.default_rng(4)
        for _ in range(70):
            a, r = rng.random() * 6.28, 20 + rng.random() * 92
            x, y = 910 + r * np.cos(a), 934 + r * np.sin(a) * 0.96
            pen.line((x, y, x + 12 * np.cos(a), y + 12 * np.sin(a)), fill=(255, 206, 130, 170), width=3)
    shadow(canvas, (930, 1060), (150, 34), 0.6, 16)
    paste(canvas, cut)
    return canvas


def bottle(canvas, centre, half):
    """A small juice bottle with a cap and a label."""
    swirl = noise((TEX, TEX), 3, int(centre[0]), 4)
    def glass(v):
        shoulder = smooth(-0.62, -0.20, v)
        return np.where(np.abs(v) < 0.999, 0.15 + 0.21 * shoulder - 0.03 * smooth(0.88, 1.0, v), 0.0)
    def juice(u, v, z):
        full = smooth(-0.60, -0.56, v)
        drink = mix((196, 120, 30), (250, 200, 86), smooth(-0.9, 0.9, u * 0.5 - v * 0.2 + sample(swirl, u, v) * 0.8))
        out = mix(np.array([226, 232, 220.0]), drink, full)
        return mix(out, np.array([255, 236, 170.0]), smooth(0.45, 0.9, u) * smooth(0.98, 0.6, u) * 0.6)
    shadow(canvas, (centre[0] + half * 0.2, centre[1] + half * 0.98), (half * 0.52, half * 0.12), 0.55, 20)
    solid(canvas, centre, half, glass, juice, gloss=0.6, shine=60)
    cap = (centre[0], centre[1] - half * 0.96)
    solid(canvas, cap, half * 0.11, lambda v: np.where(np.abs(v) < 0.999, 1.62 - 0.1 * np.abs(v) ** 6, 0.0), lambda u, v, z: mix((56, 128, 74), (30, 92, 54), np.abs(u)), gloss=0.3, shine=20)
    def label(u, v, z):
        band = smooth(-0.98, -0.94, v) * smooth(0.98, 0.94, v)
        out = mix(np.array([62, 140, 84.0]), np.array([255, 250, 234.0]), band)
        d = np.hypot(u * 1.0, v * 0.82 + 0.02)
        out = mix(out, np.array([214, 44, 40.0]), smooth(0.46, 0.43, d))
        leafy = smooth(0.10, 0.08, np.abs((u - 0.16) + (v + 0.62) * 0.9)) * smooth(0.30, 0.26, np.hypot(u - 0.16, v + 0.62))
        return mix(out, np.array([70, 146, 70.0]), leafy)
    solid(canvas, (centre[0], centre[1] + half * 0.34), half * 0.36, lambda v: np.where(np.abs(v) < 0.999, 1.008, 0.0), label, gloss=0.18, shine=30)


def juice():
    canvas = backdrop((N, N), 71, (214, 224, 150), (170, 186, 96), (196, 150, 100))
    bottle(canvas, (380, 600), 330)
    bottle(canvas, (640, 640), 360)
    apple(canvas, (910, 830), 190, 33, 0.8, 0.05)
    return canvas


def hamper():
    canvas = backdrop((N, N), 83, (226, 206, 160), (186, 150, 100), (176, 124, 80))
    shadow(canvas, (640, 1010), (470, 70), 0.6, 26)
    apple(canvas, (330, 560), 150, 5, 0.9, -0.1)
    pear(canvas, (520, 480), 215, 8, -0.05)
    pear(canvas, (690, 500), 205, 3, 0.12)
    apple(canvas, (870, 560), 155, 9, 0.6, 0.08)
    apple(canvas, (600, 610), 165, 21, 0.8, 0.0)
    for k, (x, y, t) in enumerate([(420, 650, 1.1), (770, 650, -1.2), (950, 660, 1.4), (270, 665, -0.9)]):
        date(canvas, (x, y), 88, 90 + k, t)
    ys, xs = np.mgrid[0:N, 0:N]
    # A woven basket: strips over and under.
    half = 430 - 70 * np.clip((ys - 690) / 310, 0, 1)
    inside = smooth(0, 3, half - np.abs(xs - 600)) * smooth(688, 692, ys.astype(float)) * smooth(1002, 998, ys.astype(float))
    across = (xs - 600) / np.maximum(half, 1)
    column, row = np.floor(across * 13), np.floor((ys - 690) / 31)
    over = ((column + row) % 2)[..., None]
    fx, fy = across * 13 - column, (ys - 690) / 31 - row
    round_ = np.where(over[..., 0] > 0, np.sin(np.pi * fy), np.sin(np.pi * fx))
    tone = mix((112, 70, 34), (222, 168, 98), 0.18 + 0.82 * np.clip(round_, 0, 1))
    tone = tone * (1.05 - 0.42 * np.abs(across) ** 2.2)[..., None] * (0.92 + 0.16 * noise((N, N), 60, 7, 2))[..., None]
    canvas[:] = canvas * (1 - inside[..., None]) + tone * inside[..., None]
    def rim(pen, _):
        pen.rounded_rectangle((146, 668, 1054, 722), 27, fill=(150, 98, 52, 255))
        for x in range(150, 1050, 30):
            pen.line((x, 718, x + 34, 672), fill=(206, 152, 88, 255), width=13)
        pen.rounded_rectangle((146, 668, 1054, 722), 27, outline=(110, 70, 36, 255), width=4)
    paste(canvas, rim)
    def ribbon(pen, _):
        red, dark = (206, 38, 44, 255), (150, 20, 30, 255)
        pen.rectangle((560, 722, 640, 1000), fill=red)
        pen.rectangle((560, 722, 576, 1000), fill=dark)
        for side in (-1, 1):
            pen.polygon([(600, 745), (600 + side * 150, 668), (600 + side * 172, 770)], fill=red)
            pen.polygon([(600, 745), (600 + side * 120, 706), (600 + side * 128, 752)], fill=dark)
            pen.polygon([(600, 752), (600 + side * 70, 900), (600 + side * 118, 872)], fill=(186, 30, 38, 255))
        pen.rounded_rectangle((566, 712, 634, 784), 20, fill=(222, 56, 58, 255), outline=dark, width=4)
    paste(canvas, ribbon)
    return canvas


def orange(canvas, centre, radius, seed, turn=0.0):
    pores = noise((TEX, TEX), 90, seed, 2)
    tone = noise((TEX, TEX), 3, seed + 1, 3)
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) ** 0.94 * 1.02
    def colour(u, v, z):
        out = mix((255, 164, 36), (236, 112, 14), sample(tone, u, v) * 1.3 - 0.2)
        return mix(out, np.array([206, 96, 16.0]), smooth(0.66, 0.86, sample(pores, u, v)) * 0.35)
    def bump(u, v):
        return sample(pores, u, v) * 0.016
    shadow(canvas, (centre[0] + radius * 0.22, centre[1] + radius * 0.88), (radius * 1.1, radius * 0.28), 0.6, 24)
    solid(canvas, centre, radius, profile, colour, turn=turn, bump=bump, gloss=0.45, shine=26, ground=centre[1] + radius * 0.94)
    # The navel.
    def navel(pen, _):
        x, y, r = centre[0] + radius * 0.30, centre[1] + radius * 0.22, radius * 0.12
        pen.ellipse((x - r, y - r * 0.9, x + r, y + r * 0.9), fill=(214, 98, 16, 255))
        pen.ellipse((x - r * 0.6, y - r * 0.5, x + r * 0.6, y + r * 0.6), fill=(250, 172, 66, 255))
    paste(canvas, navel)


def segments(canvas, centre, radius, peel, flesh, light):
    """A cut half, looked at from the front."""
    def draw(pen, _):
        x, y = centre
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=peel + (255,))
        pen.ellipse((x - radius * 0.93, y - radius * 0.93, x + radius * 0.93, y + radius * 0.93), fill=(255, 240, 208, 255))
        for k in range(10):
            a, b = 2 * np.pi * (k + 0.05) / 10, 2 * np.pi * (k + 0.95) / 10
            rim = [(x + radius * 0.86 * np.cos(t), y + radius * 0.86 * np.sin(t)) for t in np.linspace(a, b, 9)]
            middle = (a + b) / 2
            tip = (x + radius * 0.12 * np.cos(middle), y + radius * 0.12 * np.sin(middle))
            pen.polygon([tip] + rim, fill=flesh + (255,))
            for t in np.linspace(a + 0.1, b - 0.1, 5):
                pen.line((x + radius * 0.34 * np.cos(t), y + radius * 0.34 * np.sin(t), x + radius * 0.80 * np.cos(t), y + radius * 0.80 * np.sin(t)), fill=light + (170,), width=7)
        pen.ellipse((x - radius * 0.07, y - radius * 0.07, x + radius * 0.07, y + radius * 0.07), fill=(255, 244, 216, 255))
    shadow(canvas, (centre[0] + radius * 0.16, centre[1] + radius * 0.96), (radius * 1.0, radius * 0.20), 0.6, 20)
    paste(canvas, draw)


def oranges():
    canvas = backdrop((N, N), 97, (196, 214, 130), (140, 170, 76), (198, 150, 98))
    orange(canvas, (390, 590), 225, 5, -0.2)
    orange(canvas, (840, 570), 220, 9, 0.2)
    orange(canvas, (480, 830), 245, 13, 0.1)
    segments(canvas, (850, 850), 215, (238, 128, 22), (250, 160, 40), (255, 206, 110))
    leaf(canvas, (402, 380), 180, 46, -0.35)
    return canvas


def persimmon(canvas, centre, radius, seed, turn=0.0):
    tone = noise((TEX, TEX), 3, seed, 3)
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) ** 0.72 * 1.16
    def colour(u, v, z):
        out = mix((244, 92, 22), (206, 48, 14), sample(tone, u, v) * 1.4 - 0.3)
        return mix(out, np.array([255, 150, 50.0]), smooth(-0.2, -0.9, v) * 0.35)
    shadow(canvas, (centre[0] + radius * 0.22, centre[1] + radius * 0.84), (radius * 1.22, radius * 0.28), 0.6, 24)
    solid(canvas, centre, radius, profile, colour, turn=turn, gloss=0.6, shine=44, ground=centre[1] + radius * 0.9)
    top = (centre[0] + np.sin(turn) * radius * 0.86, centre[1] - np.cos(turn) * radius * 0.84)
    for side, tint in ((np.pi * 0.94, (110, 118, 58)), (np.pi * 0.06, (128, 136, 66)), (np.pi * 0.72, (142, 148, 74)), (np.pi * 0.28, (150, 154, 80))):
        leaf(canvas, top, radius * 0.56, radius * 0.15, side * 0.62 + 0.6, tint)
    stem(canvas, [(top[0], top[1] + 6), (top[0] + 6, top[1] - radius * 0.16)], int(radius * 0.09))


def persimmons():
    canvas = backdrop((N, N), 101, (214, 204, 140), (166, 150, 84), (184, 136, 88))
    persimmon(canvas, (400, 600), 195, 3, -0.08)
    persimmon(canvas, (830, 590), 190, 8, 0.10)
    persimmon(canvas, (610, 820), 240, 15, 0.02)
    return canvas


def kiwi(canvas, centre, radius, seed, turn):
    fuzz = noise((TEX, TEX), 120, seed, 2)
    tone = noise((TEX, TEX), 4, seed + 1, 3)
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) ** 0.9 * 0.80
    def colour(u, v, z):
        out = mix((150, 112, 62), (110, 78, 40), sample(tone, u, v))
        return mix(out, np.array([186, 150, 94.0]), smooth(0.62, 0.86, sample(fuzz, u, v)) * 0.6)
    def bump(u, v):
        return sample(fuzz, u, v) * 0.02
    drop = radius * (0.80 + 0.16 * abs(np.cos(turn)))
    shadow(canvas, (centre[0] + radius * 0.15, centre[1] + drop), (radius * 1.0, radius * 0.26), 0.6, 20)
    solid(canvas, centre, radius, profile, colour, turn=turn, bump=bump, gloss=0.10, shine=12, ground=centre[1] + drop)


def kiwi_half(canvas, centre, radius):
    shadow(canvas, (centre[0] + radius * 0.16, centre[1] + radius * 0.94), (radius * 1.0, radius * 0.22), 0.6, 18)
    ys, xs = np.mgrid[0:N, 0:N]
    dx, dy = (xs - centre[0]) / radius, (ys - centre[1]) / radius
    r, a = np.hypot(dx, dy), np.arctan2(dy, dx)
    out = mix((168, 204, 76), (92, 158, 38), smooth(0.30, 0.92, r))
    rays = np.cos(a * 34) * 0.5 + 0.5
    out = mix(out, np.array([206, 228, 128.0]), rays * smooth(0.24, 0.34, r) * smooth(0.90, 0.5, r) * 0.55)
    out = mix(out, np.array([244, 240, 202.0]), smooth(0.30, 0.22, r))
    out = mix(out, np.array([110, 78, 40.0]), smooth(0.955, 0.975, r))
    cover = smooth(1.0, 0.985, r)[..., None]
    canvas[:] = canvas * (1 - cover) + out * cover
    def seeds(pen, _):
        for k in range(34):
            for ring in (0.40, 0.50):
                t = 2 * np.pi * (k + (0.5 if ring > 0.45 else 0)) / 34
                x, y = centre[0] + radius * ring * np.cos(t), centre[1] + radius * ring * np.sin(t)
                s = radius * 0.020
                pen.ellipse((x - s, y - s * 1.3, x + s, y + s * 1.3), fill=(34, 28, 22, 255))
    paste(canvas, seeds)


def kiwis():
    canvas = backdrop((N, N), 103, (196, 216, 150), (132, 164, 92), (190, 144, 96))
    kiwi(canvas, (360, 600), 220, 5, 1.25)
    kiwi(canvas, (800, 590), 215, 9, -1.1)
    kiwi(canvas, (330, 850), 225, 14, 1.5)
    kiwi_half(canvas, (640, 830), 200)
    kiwi_half(canvas, (950, 860), 190)
    return canvas


def egg(canvas, centre, radius, seed, turn, shell):
    tone = noise((TEX, TEX), 6, seed, 4)
    specks = noise((TEX, TEX), 120, seed + 1, 1)
    def profile(v):
        return np.sqrt(np.maximum(1 - v * v, 0)) * (0.76 + 0.09 * v)
    def colour(u, v, z):
        base = np.array(shell, float)
        out = mix(base, base * 0.88, sample(tone, u, v))
        return mix(out, base * 0.68, smooth(0.90, 0.97, sample(specks, u, v)) * 0.5)
    shadow(canvas, (centre[0] + radius * 0.15, centre[1] + radius * 0.80), (radius * 0.95, radius * 0.24), 0.5, 18)
    solid(canvas, centre, radius, profile, colour, turn=turn, gloss=0.22, shine=22, ground=centre[1] + radius * 0.9)


def eggs():
    canvas = backdrop((N, N), 107, (222, 214, 160), (176, 160, 100), (176, 130, 84))
    # A nest of straw.
    shadow(canvas, (620, 930), (500, 120), 0.5, 28)
    rng = np.random.default_rng(5)
    def straw(pen, _):
        for _ in range(520):
            t, r = rng.random() * 6.28, 0.45 + 0.55 * rng.random()
            x, y = 600 + 470 * r * np.cos(t), 850 + 170 * r * np.sin(t)
            a, length = t + np.pi / 2 + rng.normal(0, 0.5), 60 + rng.random() * 110
            tint = rng.integers(-30, 30)
            pen.line((x - length * np.cos(a), y - length * 0.4 * np.sin(a), x + length * np.cos(a), y + length * 0.4 * np.sin(a)), fill=(214 + tint, 176 + tint, 96 + tint, 255), width=6)
    paste(canvas, straw)
    shells = [(232, 190, 146), (214, 160, 116), (240, 214, 182), (222, 174, 130), (236, 200, 162), (208, 152, 108)]
    for k, (x, y, r, t) in enumerate([(380, 640, 150, -0.3), (620, 610, 155, 0.1), (860, 650, 150, 0.4), (290, 800, 155, -0.8), (760, 820, 160, 0.6), (530, 820, 165, -0.1)]):
        egg(canvas, (x, y), r, 120 + 5 * k, t, shells[k])
    def front(pen, _):
        for _ in range(170):
            x, y = 180 + rng.random() * 840, 930 + rng.random() * 80
            a, length = rng.normal(0, 0.35), 60 + rng.random() * 110
            tint = rng.integers(-30, 30)
            pen.line((x - length * np.cos(a), y - length * np.sin(a), x + length * np.cos(a), y + length * np.sin(a)), fill=(218 + tint, 180 + tint, 100 + tint, 255), width=6)
    paste(canvas, front)
    return canvas


PHOTOS = {"apple": apples, "pear": pears, "honey": honey, "walnut": walnuts, "jujube": dates, "sweet-potato": sweet_potatoes, "juice": juice, "hamper": hamper, "orange": oranges, "persimmon": persimmons, "kiwi": kiwis, "eggs": eggs}


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "photos")
    out.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2:]
    for name, draw in PHOTOS.items():
        if not only or name in only:
            save(draw(), out / f"{name}.png")
            print(name)


if __name__ == "__main__":
    main()
