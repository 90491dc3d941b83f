"""Draws the demo show's moving picture: twelve seconds of an orchard that loop without a seam.

    python clip.py [OUT.mp4]        needs ffmpeg with libx264; takes some two minutes

Everything that moves runs through whole cycles in the twelve seconds, so the last frame leads to the first.
"""

import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from paint import mix, noise, smooth

W, H, FPS, SECONDS = 1280, 720, 30, 12
FRAMES = FPS * SECONDS
TURN = 2 * np.pi


def to_image(rgb, alpha=None):
    rgb = np.clip(rgb, 0, 255).astype(np.uint8)
    if alpha is None:
        return Image.fromarray(rgb)
    return Image.fromarray(np.dstack([rgb, np.clip(alpha * 255, 0, 255).astype(np.uint8)]))


def sky():
    ys, xs = np.mgrid[0:H, 0:W]
    rgb = mix((92, 168, 226), (176, 216, 236), smooth(0, 260, ys.astype(float)))
    rgb = rgb + (np.array([255, 240, 208.0]) - rgb) * smooth(190, 400, ys.astype(float))[..., None]
    glow = np.exp(-(((xs - 730) / 330) ** 2 + ((ys - 190) / 200) ** 2))
    rgb = rgb + glow[..., None] * np.array([70, 52, 6.0])
    sun = smooth(50, 44, np.hypot(xs - 730, ys - 180).astype(float))
    return mix_over(rgb, np.array([255, 250, 222.0]), sun)


def mix_over(rgb, colour, a):
    a = a[..., None]
    return rgb * (1 - a) + colour * a


def cloud(width, height, seed):
    body = noise((height, width), 4, seed, 5)
    ys, xs = np.mgrid[0:height, 0:width]
    shape = np.exp(-(((xs - width / 2) / (width * 0.33)) ** 2 * 1.6 + ((ys - height * 0.58) / (height * 0.27)) ** 2 * 1.6))
    a = smooth(0.40, 0.72, shape * 0.72 + body * 0.42 - 0.10) * 0.92
    rgb = mix((255, 255, 252), (206, 216, 230), smooth(height * 0.35, height * 0.95, ys + (body - 0.5) * 70))
    return to_image(rgb, a)


def ridge(base, height, seed, near, far, rows):
    """A hill with planted rows of small trees, as an RGBA picture of the whole frame."""
    ys, xs = np.mgrid[0:H, 0:W]
    x = np.arange(W)
    rng = np.random.default_rng(seed)
    line = np.full(W, float(base))
    for k in range(1, 5):
        line -= height / k * np.sin(x / W * TURN * k * 0.62 + rng.random() * TURN) * 0.5
    depth = ys - line[None, :]
    rgb = mix(near, far, smooth(0, 190, depth.astype(float)))
    grain = noise((H, W), 40, seed + 1, 3)
    rgb = rgb * (0.92 + 0.16 * grain[..., None])
    picture = to_image(rgb, np.clip(depth + 0.5, 0, 1))
    pen = ImageDraw.Draw(picture)
    for row in range(rows):
        step = 15 + row * 6
        size = 5 + row * 2.6
        for cx in np.arange(-20, W + 20, step):
            cx = cx + rng.normal() * 1.6
            cy = line[int(np.clip(cx, 0, W - 1))] + 12 + row * (15 + row * 4) + rng.normal() * 1.2
            tone = rng.random() * 22 - 8
            dark = tuple(int(v * 0.62 + tone * 0.5) for v in near)
            light = tuple(int(min(255, v * 0.90 + tone)) for v in near)
            pen.ellipse((cx - size, cy - size * 0.9 + 2, cx + size, cy + size * 0.9 + 2), fill=dark)
            pen.ellipse((cx - size * 0.95, cy - size, cx + size * 0.6, cy + size * 0.45), fill=light)
    return picture


def blob_leaves(pen, rng, cx, cy, rx, ry, count, size, tones):
    """Leaves on a crown: dark ones first and below, light ones last and towards the sun."""
    for k in range(count):
        a, r = rng.random() * TURN, np.sqrt(rng.random())
        x, y = cx + rx * r * np.cos(a), cy + ry * r * np.sin(a)
        lit = (k / count) * 0.75 + 0.25 * ((x - cx) / rx * 0.5 - (y - cy) / ry)
        tone = tones[int(np.clip(lit * len(tones), 0, len(tones) - 1))]
        t = rng.random() * np.pi
        dx, dy = np.cos(t) * size, np.sin(t) * size
        pen.polygon([(x - dx, y - dy), (x - dy * 0.45, y + dx * 0.45), (x + dx, y + dy), (x + dy * 0.45, y - dx * 0.45)], fill=tone)


GREENS = [(34, 70, 30), (44, 88, 36), (56, 106, 42), (72, 126, 48), (94, 150, 56), (124, 176, 70), (158, 202, 92)]


def fruit(size):
    ys, xs = np.mgrid[0:size * 4, 0:size * 4]
    c = size * 2
    d = np.hypot(xs - c, ys - c) / (size * 1.86)
    hx, hy = (xs - c * 0.72) / c, (ys - c * 0.66) / c
    rgb = mix((232, 58, 44), (138, 14, 24), smooth(0.1, 1.25, d + hx * 0.35 + hy * 0.35))
    rgb = mix(rgb, (244, 186, 92), smooth(0.2, 1.0, (ys - c) / c) * 0.35)
    rgb = rgb + 150 * np.exp(-((hx / 0.20) ** 2 + (hy / 0.20) ** 2))[..., None]
    return to_image(rgb, smooth(1.0, 0.94, d)).resize((size, size), Image.LANCZOS)


def tree(width, height, seed, apples):
    """An apple tree drawn at twice its size; the trunk and the crown apart, because only the crown sways."""
    rng = np.random.default_rng(seed)
    w, h = width * 2, height * 2
    trunk = Image.new("RGBA", (w, h), (0, 0, 0, 0))
    pen = ImageDraw.Draw(trunk)
    pen.polygon([(w * 0.46, h), (w * 0.475, h * 0.55), (w * 0.40, h * 0.36), (w * 0.44, h * 0.35), (w * 0.50, h * 0.50), (w * 0.57, h * 0.34), (w * 0.61, h * 0.36), (w * 0.535, h * 0.56), (w * 0.56, h)], fill=(82, 60, 42))
    pen.polygon([(w * 0.51, h), (w * 0.505, h * 0.54), (w * 0.535, h * 0.56), (w * 0.56, h)], fill=(112, 84, 56))
    crown = Image.new("RGBA", (w, h), (0, 0, 0, 0))
    pen = ImageDraw.Draw(crown)
    lobes = [(0.50, 0.30, 0.34, 0.22), (0.27, 0.40, 0.22, 0.17), (0.73, 0.40, 0.22, 0.17), (0.40, 0.20, 0.22, 0.15), (0.62, 0.19, 0.21, 0.14), (0.50, 0.46, 0.34, 0.13)]
    for cx, cy, rx, ry in lobes:
        pen.ellipse(((cx - rx * 0.86) * w, (cy - ry * 0.86) * h, (cx + rx * 0.86) * w, (cy + ry * 0.86) * h), fill=(38, 76, 32))
    for cx, cy, rx, ry in lobes:
        blob_leaves(pen, rng, cx * w, cy * h, rx * w, ry * h, 1100, w * 0.0115, GREENS)
    ball = fruit(int(w * 0.055))
    for _ in range(apples):
        cx, cy, rx, ry = lobes[int(rng.integers(0, len(lobes)))]
        a, r = rng.random() * TURN, np.sqrt(rng.random()) * 0.86
        x, y = int((cx + rx * r * np.cos(a)) * w), int((cy + ry * r * np.sin(a)) * h)
        crown.alpha_composite(ball, (max(0, x - ball.width // 2), max(0, y - ball.height // 2)))
        blob_leaves(pen, rng, x, y - ball.height * 0.5, ball.width * 0.5, 6, 3, w * 0.0115, GREENS[3:])
    small = (width, height)
    return trunk.resize(small, Image.LANCZOS), crown.resize(small, Image.LANCZOS)


def sway(picture, lean):
    """Leans a picture that stands on its lower edge by `lean` pixels at its top."""
    h = picture.height
    return picture.transform(picture.size, Image.AFFINE, (1, lean / h, -lean, 0, 1, 0), Image.BILINEAR)


def meadow(seed):
    ys, xs = np.mgrid[0:H, 0:W]
    line = 505 - 12 * np.sin(xs / W * TURN * 0.5 + 0.4)
    depth = (ys - line).astype(float)
    blades = noise((H, W), 120, seed, 2)
    patches = noise((H, W), 5, seed + 1, 3)
    rgb = mix((150, 184, 84), (86, 132, 50), smooth(0, 210, depth + patches * 90 - 40))
    rgb = rgb * (0.84 + 0.32 * blades[..., None])
    path = np.exp(-(((xs - 640 - (ys - 500) * 0.5) / (20 + np.maximum(depth, 0) * 0.85)) ** 2) * 1.2)
    rgb = mix_over(rgb, np.array([206, 178, 120.0]) , path * 0.55 * np.clip(0.7 + blades * 0.5, 0, 1))
    return to_image(rgb, np.clip(depth * 0.5 + 0.5, 0, 1))


def blade_row(seed, count, low, high, tones):
    """Grass at the lower edge, two frames wide margins kept so that it can lean."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGBA", (W * 2, 220), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    for x in np.sort(rng.random(count)) * W * 2:
        tall, lean, wide = rng.uniform(low, high) * 2, rng.normal() * 16, rng.uniform(4, 8)
        tone = tones[int(rng.integers(0, len(tones)))]
        pen.polygon([(x - wide, 220), (x + lean, 220 - tall), (x + wide, 220)], fill=tone)
    for _ in range(count // 24):
        x, y = rng.random() * W * 2, 220 - rng.uniform(low, high) * 1.5
        tone = [(255, 246, 214), (255, 214, 90), (246, 170, 190)][int(rng.integers(0, 3))]
        for k in range(5):
            a = k * TURN / 5
            pen.ellipse((x + 7 * np.cos(a) - 5, y + 7 * np.sin(a) - 5, x + 7 * np.cos(a) + 5, y + 7 * np.sin(a) + 5), fill=tone)
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=(226, 150, 40))
    return picture.resize((W, 110), Image.LANCZOS)


def branch(seed):
    """A bough with leaves and apples that reaches into the upper right corner."""
    rng = np.random.default_rng(seed)
    size = (1120, 760)
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    spine = [(1120, 60), (900, 110), (700, 128), (520, 190), (380, 300)]
    for width, tone in ((26, (74, 54, 38)), (10, (112, 84, 58))):
        pen.line(spine, fill=tone, width=width, joint="curve")
    pen.line([(760, 122), (700, 240), (640, 330)], fill=(80, 58, 40), width=13, joint="curve")
    pen.line([(940, 104), (900, 230), (860, 310)], fill=(80, 58, 40), width=13, joint="curve")
    ball = fruit(132)
    hang = [(636, 330), (862, 316), (392, 306), (1010, 150)]
    twigs = spine + [(730, 180), (690, 250), (650, 320), (930, 160), (900, 230), (450, 240), (800, 118), (600, 160)]
    def foliage(count, tones):
        for _ in range(count):
            x, y = twigs[int(rng.integers(0, len(twigs)))]
            x, y = x + rng.normal() * 48, y + rng.normal() * 32
            t, length = rng.uniform(0.1, np.pi - 0.1), rng.uniform(48, 88)
            c, s = np.cos(t), np.sin(t)
            w = length * 0.24
            tone = tones[int(rng.integers(0, len(tones)))]
            tip = (x + c * length, y + s * length)
            side = (x + c * length * 0.5 - s * w, y + s * length * 0.5 + c * w)
            other = (x + c * length * 0.5 + s * w, y + s * length * 0.5 - c * w)
            pen.polygon([(x, y), side, tip, other], fill=tone)
            pen.polygon([(x, y), side, tip], fill=tuple(min(255, int(v * 1.14)) for v in tone))
            pen.line([(x, y), tip], fill=tuple(min(255, int(v * 1.35)) for v in tone), width=2)
    foliage(90, GREENS[1:4])
    for x, y in hang:
        pen.line([(x, y - 10), (x + 6, y + 34)], fill=(86, 62, 40), width=6)
        picture.alpha_composite(ball, (x - 62, y + 22))
        pen.ellipse((x - 20, y + 28, x + 28, y + 44), fill=(112, 14, 20))
        pen.line([(x + 3, y + 8), (x + 6, y + 40)], fill=(86, 62, 40), width=6)
    foliage(54, GREENS[3:7])
    return picture.resize((560, 380), Image.LANCZOS)


def music(path):
    """A slow plucked pattern over soft chords; every tone's tail wraps around, so that the loop is whole."""
    rate = 48000
    n = rate * SECONDS
    out = np.zeros((n, 2))
    def tone(start, freq, length, level, pan, attack, decay, partials):
        count = int(rate * length)
        t = np.arange(count) / rate
        wave_ = sum(a * np.sin(TURN * freq * k * t) * np.exp(-t * decay * (0.6 + 0.4 * k)) for k, a in partials)
        wave_ *= np.minimum(1, t / attack) * np.minimum(1, (length - t) / 0.05) * level
        index = (int(start * rate) + np.arange(count)) % n
        out[index, 0] += wave_ * np.sqrt(0.5 * (1 - pan))
        out[index, 1] += wave_ * np.sqrt(0.5 * (1 + pan))
    pitch = lambda semis: 261.63 * 2 ** (semis / 12)
    chords = [(0, 4, 7, 14), (-3, 0, 4, 7), (-7, 0, 5, 9), (-5, 2, 7, 11)]
    for bar, chord in enumerate(chords):
        for k, semis in enumerate(chord):
            tone(bar * 3, pitch(semis - 12), 4.4, 0.055, (-0.5, 0.5, -0.2, 0.2)[k], 0.9, 0.55, [(1, 1.0), (2, 0.22), (3, 0.06)])
        for step, k in enumerate((0, 2, 1, 3, 2, 1)):
            lift = 12 if step in (3,) else 0
            tone(bar * 3 + step * 0.5, pitch(chord[k] + lift), 2.2, 0.13 if step % 3 == 0 else 0.09, 0.35 * np.sin(step + bar), 0.006, 3.2, [(1, 1.0), (2, 0.35), (3, 0.12), (4, 0.05)])
    echo = np.roll(out, int(0.375 * rate), axis=0)[:, ::-1] * 0.26 + np.roll(out, int(0.75 * rate), axis=0) * 0.12
    out = out + echo
    out *= 0.32 / np.abs(out).max()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((out * 32767).astype("<i2").tobytes())


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "orchard.mp4")
    sound = out.with_suffix(".wav")
    music(sound)
    back = to_image(sky()).convert("RGBA")
    clouds = [(cloud(460, 170, 3), 120, 40, 0.00), (cloud(380, 140, 8), 560, 90, 0.33), (cloud(520, 180, 14), 820, 210, 0.66), (cloud(330, 120, 21), 300, 180, 0.5), (cloud(300, 110, 27), 1010, 60, 0.16)]
    hills = Image.new("RGBA", (W, H), (0, 0, 0, 0))
    hills.alpha_composite(ridge(330, 60, 4, (150, 182, 172), (176, 200, 176), 0))
    hills.alpha_composite(ridge(385, 52, 9, (134, 172, 112), (150, 184, 110), 3))
    hills.alpha_composite(ridge(442, 40, 17, (116, 160, 78), (142, 180, 84), 5))
    ground = meadow(31)
    trees = []
    for seed, x, y, w, h in [(1, 380, 380, 150, 165), (2, 560, 372, 140, 154), (3, 735, 378, 150, 165), (4, 905, 384, 156, 172), (5, 210, 370, 190, 210), (6, 1030, 366, 200, 220), (7, -70, 316, 320, 350), (8, 1010, 300, 0, 0)]:
        if w:
            trunk, crown = tree(w, h, seed, 26 if w > 180 else 16)
            trees.append((x, y, trunk, crown, 2.0 + w / 70, seed))
    rows = [blade_row(41, 900, 30, 56, GREENS[3:6]), blade_row(47, 700, 22, 46, GREENS[2:5])]
    bough = branch(53)
    falling = [(fruit(17), 300, 470, 596, 1.2), (fruit(22), 90, 520, 640, 4.9), (fruit(15), 985, 450, 586, 7.6), (fruit(16), 640, 452, 566, 9.8)]
    shade = Image.new("L", (64, 20), 0)
    ImageDraw.Draw(shade).ellipse((8, 5, 56, 15), fill=110)
    shade = shade.filter(ImageFilter.GaussianBlur(3))
    motes_rng = np.random.default_rng(5)
    motes = motes_rng.random((26, 4))
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{W}x{H}", "-r", str(FPS), "-i", "-", "-i", str(sound), "-c:v", "libx264", "-preset", "slow", "-crf", "23", "-maxrate", "2400k", "-bufsize", "2400k", "-profile:v", "high", "-pix_fmt", "yuv420p", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-g", "60", "-c:a", "aac", "-b:a", "96k", "-t", str(SECONDS), "-movflags", "+faststart", str(out)]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    for index in range(FRAMES):
        p = index / FRAMES
        frame = back.copy()
        for picture, x, y, phase in clouds:
            for half in (0.0, 0.5):
                q = (p + phase + half) % 1.0
                fade = np.sin(np.pi * q) ** 2
                copy = picture.copy()
                copy.putalpha(copy.getchannel("A").point(lambda a, f=fade: int(a * f)))
                place(frame, copy, x + (q - 0.5) * 150, y + (30 if half else 0))
        frame.alpha_composite(hills)
        frame.alpha_composite(ground)
        for x, y, trunk, crown, lean, seed in trees:
            bend = lean * (0.6 * np.sin(TURN * (3 * p) + seed) + 0.4 * np.sin(TURN * (5 * p) + seed * 2.3))
            base = shade.resize((int(crown.width * 0.9), int(crown.width * 0.16)))
            frame.paste((20, 40, 14), (int(x + crown.width * 0.06), int(y + crown.height - crown.width * 0.09)), base)
            place(frame, trunk, x, y)
            place(frame, sway(crown, bend), x, y)
        for picture, x, top, floor, start in falling:
            drop(frame, picture, shade, x, top, floor, (index / FPS - start) % SECONDS)
        for mx, my, depth, phase in motes:
            q = (p + phase) % 1.0
            x = (mx * W + 60 * np.sin(TURN * (q + mx)) + 40 * q) % W
            y = 250 + my * 420 - 46 * np.sin(TURN * q)
            glow = int(150 * np.sin(np.pi * q) ** 2)
            r = 1.5 + depth * 2.2
            spot = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
            ImageDraw.Draw(spot).ellipse((8 - r, 8 - r, 8 + r, 8 + r), fill=(255, 244, 196, glow))
            place(frame, spot.filter(ImageFilter.GaussianBlur(0.8)), x, y)
        for k, row in enumerate(rows):
            lean = 9 * np.sin(TURN * (4 * p) + k * 1.7) + 4 * np.sin(TURN * 7 * p + k)
            place(frame, sway(row, lean), 0, H - 104 + k * 22)
        swing = 1.5 * np.sin(TURN * 2 * p) + 0.7 * np.sin(TURN * 5 * p + 1.0)
        place(frame, bough.rotate(swing, Image.BICUBIC, center=(560, 30)), W - 520, -40)
        encoder.stdin.write(frame.convert("RGB").tobytes())
        if index in (0, 90, 180, 270, FRAMES - 1) and len(sys.argv) > 2:
            frame.convert("RGB").save(Path(sys.argv[2]) / f"clip-{index:03}.png")
    encoder.stdin.close()
    if encoder.wait() != 0:
        sys.exit("ffmpeg failed")
    sound.unlink()


def place(frame, picture, x, y):
    """Lays a picture on the frame at any place, also partly outside of it."""
    x, y = int(round(x)), int(round(y))
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(picture.width, frame.width - x), min(picture.height, frame.height - y)
    if right > left and bottom > top:
        frame.alpha_composite(picture.crop((left, top, right, bottom)), (max(0, x), max(0, y)))


def drop(frame, picture, shade, x, top, floor, t):
    """An apple that falls, bounces twice, rests and fades."""
    gravity = 620.0
    height = floor - top
    fall = np.sqrt(2 * height / gravity)
    if t > fall + 3.4:
        return
    drift, spin = 0.0, 0.0
    if t < fall:
        y = top + 0.5 * gravity * t * t
    else:
        y, s, speed = floor, t - fall, 0.38 * gravity * fall
        for _ in range(2):
            air = 2 * speed / gravity
            if s < air:
                y = floor - (speed * s - 0.5 * gravity * s * s)
                break
            s -= air
            speed *= 0.4
        drift = 26 * (1 - np.exp(-(t - fall) * 1.6))
        spin = -drift * 4
    alpha = np.clip((fall + 3.4 - t) / 0.8, 0, 1) * np.clip(t / 0.12, 0, 1)
    turned = picture.rotate(spin, Image.BICUBIC)
    turned.putalpha(turned.getchannel("A").point(lambda a: int(a * alpha)))
    near = np.clip(1 - (floor - y) / 120, 0, 1) * alpha
    spot = shade.resize((picture.width * 2, max(4, picture.width // 2))).point(lambda a: int(a * near))
    frame.paste((18, 36, 12), (int(x + drift - picture.width), int(floor - picture.width * 0.05)), spot)
    place(frame, turned, x + drift - picture.width / 2, y - picture.height * 0.8)


if __name__ == "__main__":
    main()
