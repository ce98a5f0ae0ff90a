package dev.caviar.nn.data;

import java.util.Arrays;

/// Where each pixel of a new image is seen in an old one of `h` × `w`: mirrored, turned by an angle counter-clockwise and scaled about its
/// middle, then moved down and right.
record Grid(int h, int w, int rows, int columns, boolean mirrored, boolean upsideDown, double angle, double scale, double down, double right,
        Fill fill, float value) {
    private static final int ONE = 1 << 16;
    private static final int WEIGHT = 1 << 8;

    private boolean copies() {
        return angle == 0 && scale == 1;
    }

    /// Which of `n` old lines each of `count` new ones is; −1 is outside.
    private int[] lines(int count, int n, double shift, boolean reversed) {
        var lines = new int[count];
        for (int i = 0; i < count; i++) {
            int line = i - (int) shift;
            lines[i] = fill.place(reversed ? n - 1 - line : line, n);
        }
        return lines;
    }

    byte[] bytes(byte[] in, int channels) {
        if (!copies()) {
            return turned(in, channels);
        }
        var out = new byte[rows * columns * channels];
        var ys = lines(rows, h, down, upsideDown);
        var xs = lines(columns, w, right, mirrored);
        // What is not mirrored lies side by side in both images.
        int from = mirrored ? columns : Math.clamp((int) right, 0, columns);
        int to = mirrored ? columns : Math.clamp((int) right + w, from, columns);
        for (int i = 0; i < rows; i++) {
            int row = i * columns * channels;
            if (ys[i] < 0) {
                Arrays.fill(out, row, row + columns * channels, (byte) value);
                continue;
            }
            int old = ys[i] * w * channels;
            copy(in, old, xs, 0, from, out, row, channels);
            if (from < to) {
                System.arraycopy(in, old + (from - (int) right) * channels, out, row + from * channels, (to - from) * channels);
            }
            copy(in, old, xs, to, columns, out, row, channels);
        }
        return out;
    }

    private void copy(byte[] in, int old, int[] xs, int from, int to, byte[] out, int row, int channels) {
        for (int j = from; j < to; j++) {
            for (int c = 0; c < channels; c++) {
                out[row + j * channels + c] = xs[j] < 0 ? (byte) value : in[old + xs[j] * channels + c];
            }
        }
    }

    float[] floats(float[] in, int channels) {
        if (!copies()) {
            return turned(in, channels);
        }
        var out = new float[rows * columns * channels];
        var ys = lines(rows, h, down, upsideDown);
        var xs = lines(columns, w, right, mirrored);
        int to = 0;
        for (int y : ys) {
            int row = y * w;
            for (int x : xs) {
                boolean outside = y < 0 || x < 0;
                for (int c = 0; c < channels; c++) {
                    out[to++] = outside ? value : in[(row + x) * channels + c];
                }
            }
        }
        return out;
    }

    /// The old place of a new pixel is affine in its row and column: where it begins, and how it goes on.
    private record Steps(double x, double y, double xAcross, double yAcross, double xDown, double yDown) {}

    private Steps steps() {
        double cos = Math.cos(angle) * scale;
        double sin = Math.sin(angle) * scale;
        double flipX = mirrored ? -1 : 1;
        double flipY = upsideDown ? -1 : 1;
        double u = -(w - 1) / 2.0 - right;
        double v = -(h - 1) / 2.0 - down;
        return new Steps((w - 1) / 2.0 + flipX * (cos * u - sin * v), (h - 1) / 2.0 + flipY * (sin * u + cos * v), flipX * cos, flipY * sin,
                -flipX * sin, flipY * cos);
    }

    /// In whole numbers with 16 bits behind the point, of which 8 weigh neighbours.
    private byte[] turned(byte[] in, int channels) {
        var s = steps();
        var out = new byte[rows * columns * channels];
        int across = (int) Math.rint(s.xAcross * ONE);
        int along = (int) Math.rint(s.yAcross * ONE);
        int to = 0;
        for (int i = 0; i < rows; i++) {
            int x = (int) Math.rint((s.x + i * s.xDown) * ONE);
            int y = (int) Math.rint((s.y + i * s.yDown) * ONE);
            for (int j = 0; j < columns; j++, x += across, y += along) {
                int x0 = x >> 16;
                int y0 = y >> 16;
                int fx = x >> 8 & WEIGHT - 1;
                int fy = y >> 8 & WEIGHT - 1;
                if (x0 >= 0 && y0 >= 0 && x0 < w - 1 && y0 < h - 1) {
                    int at = (y0 * w + x0) * channels;
                    int below = at + w * channels;
                    for (int c = 0; c < channels; c++) {
                        int upper = (in[at + c] & 0xff) * (WEIGHT - fx) + (in[at + channels + c] & 0xff) * fx;
                        int lower = (in[below + c] & 0xff) * (WEIGHT - fx) + (in[below + channels + c] & 0xff) * fx;
                        out[to++] = (byte) (upper * (WEIGHT - fy) + lower * fy + (1 << 15) >> 16);
                    }
                } else {
                    for (int c = 0; c < channels; c++) {
                        int upper = pixel(in, x0, y0, c, channels) * (WEIGHT - fx) + pixel(in, x0 + 1, y0, c, channels) * fx;
                        int lower = pixel(in, x0, y0 + 1, c, channels) * (WEIGHT - fx) + pixel(in, x0 + 1, y0 + 1, c, channels) * fx;
                        out[to++] = (byte) (upper * (WEIGHT - fy) + lower * fy + (1 << 15) >> 16);
                    }
                }
            }
        }
        return out;
    }

    private int pixel(byte[] in, int x, int y, int c, int channels) {
        int px = fill.place(x, w);
        int py = fill.place(y, h);
        return px < 0 || py < 0 ? (int) value : in[(py * w + px) * channels + c] & 0xff;
    }

    private float[] turned(float[] in, int channels) {
        var s = steps();
        var out = new float[rows * columns * channels];
        int to = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double x = s.x + i * s.xDown + j * s.xAcross;
                double y = s.y + i * s.yDown + j * s.yAcross;
                int x0 = (int) Math.floor(x);
                int y0 = (int) Math.floor(y);
                float fx = (float) (x - x0);
                float fy = (float) (y - y0);
                for (int c = 0; c < channels; c++) {
                    float upper = pixel(in, x0, y0, c, channels) * (1 - fx) + pixel(in, x0 + 1, y0, c, channels) * fx;
                    float lower = pixel(in, x0, y0 + 1, c, channels) * (1 - fx) + pixel(in, x0 + 1, y0 + 1, c, channels) * fx;
                    out[to++] = upper * (1 - fy) + lower * fy;
                }
            }
        }
        return out;
    }

    private float pixel(float[] in, int x, int y, int c, int channels) {
        int px = fill.place(x, w);
        int py = fill.place(y, h);
        return px < 0 || py < 0 ? value : in[(py * w + px) * channels + c];
    }
}
