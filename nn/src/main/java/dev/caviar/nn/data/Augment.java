package dev.caviar.nn.data;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/// Changes an image a little, differently each time, so that a network sees more of what it must not care about.
///
/// Images are `[h, w]` or `[h, w, channels]` of U8 or F32 and stay so. An image is mirrored, zoomed, turned, shifted and cropped in one
/// pass, then its contrast and brightness change. `rotation` is in turns, so 0.1 turns by up to 36° either way; `zoom` 0.2 shows 20 % less
/// or more; shifts are parts of the height and the width, in whole pixels; `brightness` is a part of the range of values, [low, high] (0
/// and 255 unless said), to which all is cut; `contrast` 0.2 multiplies the distance from the mean by 0.8 to 1.2. All are drawn evenly.
/// Pixels between pixels are interpolated linearly where an image is turned or zoomed, and copied where not.
///
/// The same on batches, as a part of a model, are the layers [dev.caviar.nn.layer.RandomFlip] and its likes.
///
/// ```java
/// var augment = Augment.of().withFlip(true, false).withShift(0.1, 0.1).withRotation(0.05);
/// var train = Pipeline.of(DataSource.of("digits").load().train()).shuffle(1).augment(augment, 2).batch(64).parallel();
/// ```
public record Augment(boolean horizontal, boolean vertical, double height, double width, double rotation, double zoom, int cropHeight,
        int cropWidth, double brightness, double contrast, Fill fill, double value, double low, double high) {
    public Augment {
        if (!(height >= 0 && height <= 1 && width >= 0 && width <= 1 && rotation >= 0 && rotation <= 1 && zoom >= 0 && zoom < 1 && brightness >= 0
                && brightness <= 1 && contrast >= 0 && contrast <= 1 && cropHeight >= 0 && cropWidth >= 0 && low < high)) {
            throw new IllegalArgumentException("Augment: shifts of " + height + " and " + width + ", rotation " + rotation + ", brightness "
                    + brightness + " and contrast " + contrast + " are in [0, 1], zoom " + zoom + " in [0, 1), a crop to " + cropHeight + " × "
                    + cropWidth + " is not negative, and " + low + " is below " + high + ".");
        }
    }

    /// Nothing yet.
    public static Augment of() {
        return new Augment(false, false, 0, 0, 0, 0, 0, 0, 0, 0, Fill.REFLECT, 0, 0, 255);
    }

    /// Mirrors every other image left to right, and upside down.
    public Augment withFlip(boolean horizontal, boolean vertical) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// Shifts by up to these parts of height and width.
    public Augment withShift(double height, double width) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// Turns by up to this part of a full turn.
    public Augment withRotation(double rotation) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// Zooms in or out by up to this part.
    public Augment withZoom(double zoom) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// Cuts out this many pixels, anywhere.
    public Augment withCrop(int height, int width) {
        return new Augment(horizontal, vertical, this.height, this.width, rotation, zoom, height, width, brightness, contrast, fill, value, low, high);
    }

    public Augment withBrightness(double brightness) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    public Augment withContrast(double contrast) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// What is seen outside the image.
    public Augment withFill(Fill fill) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// This number is seen outside the image.
    public Augment withFill(double value) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, Fill.CONSTANT, value, low,
                high);
    }

    /// The least and the largest value of a pixel.
    public Augment withRange(double low, double high) {
        return new Augment(horizontal, vertical, height, width, rotation, zoom, cropHeight, cropWidth, brightness, contrast, fill, value, low, high);
    }

    /// What is drawn for one image: always all of it, in this order.
    private record Drawn(boolean mirrored, boolean upsideDown, double down, double right, double turns, double zoom, double top, double left,
            double contrast, double brightness) {
        static Drawn of(RandomGenerator random) {
            return new Drawn(random.nextLong() < 0, random.nextLong() < 0, unit(random), unit(random), unit(random), unit(random), unit(random),
                    unit(random), unit(random), unit(random));
        }

        /// In [−1, 1).
        private static double unit(RandomGenerator random) {
            return (random.nextLong() >> 10) * 0x1p-53;
        }
    }

    /// The image changed as these random numbers want it, in new memory.
    public Tensor apply(Tensor image, RandomGenerator random) {
        var shape = image.shape();
        boolean bytes = image.dtype() == DType.U8;
        if (shape.rank() != 2 && shape.rank() != 3 || !bytes && image.dtype() != DType.F32) {
            throw new DataException("Augment: " + image.type() + " is no image, which is [h, w] or [h, w, channels] of u8 or f32.",
                    "Maybe augment before batch(), or cast first.");
        }
        int h = Math.toIntExact(shape.dim(0));
        int w = Math.toIntExact(shape.dim(1));
        int rows = cropHeight == 0 ? h : cropHeight;
        int columns = cropWidth == 0 ? w : cropWidth;
        if (rows > h || columns > w) {
            throw new DataException("Augment: " + rows + " × " + columns + " pixels cannot be cut out of an image of " + h + " × " + w + ".",
                    "Maybe bring the images to a larger size first.");
        }
        var drawn = Drawn.of(random);
        var grid = grid(drawn, h, w, rows, columns);
        int channels = shape.rank() == 3 ? Math.toIntExact(shape.dim(2)) : 1;
        var out = Slab.allocate(new Type(image.dtype(), shape.rank() == 3 ? Shape.of(rows, columns, channels) : Shape.of(rows, columns)));
        var memory = image.array().buffer().memory();
        if (bytes) {
            var in = new byte[h * w * channels];
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, in, 0, in.length);
            var pixels = grid.bytes(in, channels);
            light(pixels, channels, drawn);
            MemorySegment.copy(pixels, 0, out.memory(), ValueLayout.JAVA_BYTE, 0, pixels.length);
        } else {
            var in = new float[h * w * channels];
            MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, 0, in, 0, in.length);
            var pixels = grid.floats(in, channels);
            light(pixels, channels, drawn);
            MemorySegment.copy(pixels, 0, out.memory(), ValueLayout.JAVA_FLOAT, 0, pixels.length);
        }
        return Tensor.wrap(out);
    }

    private Grid grid(Drawn drawn, int h, int w, int rows, int columns) {
        double angle = 2 * Math.PI * rotation * drawn.turns;
        double scale = 1 + zoom * drawn.zoom;
        int top = (int) ((drawn.top + 1) / 2 * (h - rows + 1));
        int left = (int) ((drawn.left + 1) / 2 * (w - columns + 1));
        return new Grid(h, w, rows, columns, horizontal && drawn.mirrored, vertical && drawn.upsideDown, angle, scale,
                Math.rint(height * drawn.down * h) - top, Math.rint(width * drawn.right * w) - left, fill, (float) value);
    }

    private void light(byte[] pixels, int channels, Drawn drawn) {
        if (brightness == 0 && contrast == 0) {
            return;
        }
        double factor = 1 + contrast * drawn.contrast;
        double more = brightness * drawn.brightness * (high - low);
        var table = new byte[256];
        int least = (int) Math.ceil(Math.clamp(low, 0, 255));
        int most = (int) Math.clamp(high, 0, 255);
        for (int c = 0; c < channels; c++) {
            long sum = 0;
            for (int i = c; i < pixels.length; i += channels) {
                sum += pixels[i] & 0xff;
            }
            double mean = (double) sum * channels / pixels.length;
            float times = (float) factor;
            float shift = (float) (mean - mean * factor + more + 0.5);     // a half, to round by cutting
            for (int v = 0; v < 256; v++) {
                table[v] = (byte) Math.max(least, Math.min(most, (int) (v * times + shift)));
            }
            for (int i = c; i < pixels.length; i += channels) {
                pixels[i] = table[pixels[i] & 0xff];
            }
        }
    }

    private void light(float[] pixels, int channels, Drawn drawn) {
        if (brightness == 0 && contrast == 0) {
            return;
        }
        float factor = (float) (1 + contrast * drawn.contrast);
        double more = brightness * drawn.brightness * (high - low);
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int i = c; i < pixels.length; i += channels) {
                sum += pixels[i];
            }
            double mean = sum * channels / pixels.length;
            float shift = (float) (mean - mean * factor + more);
            for (int i = c; i < pixels.length; i += channels) {
                pixels[i] = Math.clamp(pixels[i] * factor + shift, (float) low, (float) high);
            }
        }
    }

    @Override
    public String toString() {
        return "augment";
    }
}
