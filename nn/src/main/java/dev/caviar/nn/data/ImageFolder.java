package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import javax.imageio.ImageIO;

/// One sub-folder of PNG or JPEG images per class, all of one size; folders and files in the order of their names.
/// The images are `[n, height, width]` where all are grey, else `[n, height, width, 3]`, as bytes.
final class ImageFolder {
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");
    private static final long MOST_PIXELS = 1 << 24;

    private ImageFolder() {}

    /// One image's bytes, with one or three values per pixel.
    private record Image(byte[] bytes, int height, int width) {
        boolean grey() {
            return bytes.length == height * width;
        }

        /// With 1 or 3 values per pixel; grey is their mean, weighed as ITU-R BT.601 has it.
        Image withChannels(int channels) {
            if (grey() == (channels == 1)) {
                return this;
            }
            if (grey()) {
                return new Image(tripled(bytes), height, width);
            }
            var grey = new byte[height * width];
            for (int i = 0; i < grey.length; i++) {
                grey[i] = (byte) Math.round(0.299f * (bytes[3 * i] & 0xff) + 0.587f * (bytes[3 * i + 1] & 0xff) + 0.114f * (bytes[3 * i + 2] & 0xff));
            }
            return new Image(grey, height, width);
        }

        /// Of another size, interpolated linearly between the middles of pixels.
        Image resized(int rows, int columns) {
            if (rows == height && columns == width) {
                return this;
            }
            int channels = bytes.length / (height * width);
            var out = new byte[rows * columns * channels];
            for (int i = 0; i < rows; i++) {
                float y = Math.clamp((i + 0.5f) * height / rows - 0.5f, 0, height - 1);
                int y0 = (int) y;
                int y1 = Math.min(y0 + 1, height - 1);
                for (int j = 0; j < columns; j++) {
                    float x = Math.clamp((j + 0.5f) * width / columns - 0.5f, 0, width - 1);
                    int x0 = (int) x;
                    int x1 = Math.min(x0 + 1, width - 1);
                    for (int c = 0; c < channels; c++) {
                        float upper = at(y0, x0, c, channels) * (1 - x + x0) + at(y0, x1, c, channels) * (x - x0);
                        float lower = at(y1, x0, c, channels) * (1 - x + x0) + at(y1, x1, c, channels) * (x - x0);
                        out[(i * columns + j) * channels + c] = (byte) Math.round(upper * (1 - y + y0) + lower * (y - y0));
                    }
                }
            }
            return new Image(out, rows, columns);
        }

        private int at(int y, int x, int c, int channels) {
            return bytes[(y * width + x) * channels + c] & 0xff;
        }
    }

    /// An image that is not read yet, and its class.
    record Labelled(Path file, int label) {
        /// By name and length: reading all would take as long as learning from them.
        void identify(MessageDigest digest) {
            digest.update((label + " " + file.getFileName() + " " + file.toFile().length() + "\n").getBytes());
        }

        /// Read now, in this size and with 1 or 3 channels: `[height, width, channels]` of U8, and its class as I64.
        Item item(int height, int width, int channels) {
            if (height < 1 || width < 1 || channels != 1 && channels != 3) {
                throw new DataException("Images of " + height + " × " + width + " pixels with " + channels + " channels.", "Maybe with 1 or 3.");
            }
            var image = ImageFolder.read(file).withChannels(channels).resized(height, width);
            var x = Slab.allocate(Type.of(DType.U8, height, width, channels));
            MemorySegment.copy(image.bytes, 0, x.memory(), ValueLayout.JAVA_BYTE, 0, image.bytes.length);
            return Item.of(Tensor.wrap(x), Tensor.scalar(label, DType.I64));
        }
    }

    /// All images in the sub-folders, class by class.
    static List<Labelled> files(Path folder) {
        var files = new ArrayList<Labelled>();
        int label = 0;
        for (var group : list(folder, Files::isDirectory)) {
            for (var file : list(group, ImageFolder::isImage)) {
                files.add(new Labelled(file, label));
            }
            label++;
        }
        if (files.isEmpty()) {
            throw new DataException("Reading " + folder + ": " + (label == 0 ? "it has no sub-folders." : "its sub-folders have no image ("
                    + String.join(", ", ENDINGS) + ")."), "Maybe the images stand in it directly: put those of each class into a sub-folder.");
        }
        return files;
    }

    /// Whether the folder has a sub-folder.
    static boolean isOne(Path folder) {
        return !list(folder, Files::isDirectory).isEmpty();
    }

    static DataSet load(Path folder, String name) {
        var classes = new ArrayList<String>();
        var images = new ArrayList<Image>();
        var labels = new ArrayList<Integer>();
        var digest = Hash.sha256();
        for (var group : list(folder, Files::isDirectory)) {
            var files = list(group, ImageFolder::isImage);
            if (files.isEmpty()) {
                throw new DataException("Data " + name + ": " + group + " has no image (" + String.join(", ", ENDINGS) + ").",
                        "Maybe remove the folder: each sub-folder is a class.");
            }
            for (var file : files) {
                var image = read(file);
                var first = images.isEmpty() ? image : images.get(0);
                if (image.height != first.height || image.width != first.width) {
                    throw new DataException("Data " + name + ": " + file + " has " + image.width + " × " + image.height
                            + " pixels, the images before it have " + first.width + " × " + first.height + ".",
                            "Maybe scale them all to one size.");
                }
                images.add(image);
                labels.add(classes.size());
                var own = Hash.sha256();
                own.update(image.bytes);
                digest.update((Hash.hex(own) + "  " + group.getFileName() + "/" + file.getFileName() + "\n").getBytes());
            }
            classes.add(group.getFileName().toString());
        }
        if (classes.size() < 2) {
            throw new DataException("Data " + name + ": " + folder + " has one class, " + classes + ", there is nothing to learn.",
                    "Maybe put each class into a sub-folder of its own.");
        }
        var parts = TestSplit.of(join(images, labels));
        return new DataSet(name, parts.kept(), parts.held(), new Task.Classification(classes), List.of(),
                new Provenance(folder.toString(), Hash.hex(digest)));
    }

    private static boolean isImage(Path file) {
        var name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static List<Path> list(Path folder, Predicate<Path> wanted) {
        if (!Files.isDirectory(folder)) {
            throw new DataException("Reading " + folder + ": there is no such folder.", "Maybe it is elsewhere: a path is seen from the folder in which "
                    + "the program was started.");
        }
        try (var entries = Files.list(folder)) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith(".")).filter(wanted)
                    .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString())).toList();
        } catch (IOException e) {
            throw new DataException("Reading " + folder + ": " + e.getMessage() + ".", "Maybe it is not readable for you.", e);
        }
    }

    private static Image read(Path file) {
        try (var stream = ImageIO.createImageInputStream(file.toFile())) {
            var readers = stream == null ? null : ImageIO.getImageReaders(stream);
            if (readers == null || !readers.hasNext()) {
                throw new IOException("not an image of a known kind");
            }
            var reader = readers.next();
            try {
                reader.setInput(stream);
                if ((long) reader.getWidth(0) * reader.getHeight(0) > MOST_PIXELS) {
                    throw new IOException(reader.getWidth(0) + " × " + reader.getHeight(0) + " pixels are too many");
                }
                return bytes(reader.read(0));
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException e) {
            throw new DataException("Reading " + file + ": " + e.getMessage() + ".", "Maybe the image is damaged: remove it.", e);
        }
    }

    /// A grey raster is taken as it is: Java would convert it to sRGB, which changes its values.
    private static Image bytes(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        var raster = image.getRaster();
        if (image.getColorModel() instanceof ComponentColorModel model && model.getNumColorComponents() == 1) {
            int shift = Math.max(0, model.getComponentSize(0) - 8);
            var samples = raster.getSamples(0, 0, width, height, 0, (int[]) null);
            var bytes = new byte[samples.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (samples[i] >> shift);
            }
            return new Image(bytes, height, width);
        }
        var pixels = image.getRGB(0, 0, width, height, null, 0, width);
        boolean grey = true;
        for (int pixel : pixels) {
            grey &= (pixel >> 16 & 0xff) == (pixel & 0xff) && (pixel >> 8 & 0xff) == (pixel & 0xff);
        }
        var bytes = new byte[grey ? pixels.length : 3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            if (grey) {
                bytes[i] = (byte) pixels[i];
            } else {
                bytes[3 * i] = (byte) (pixels[i] >> 16);
                bytes[3 * i + 1] = (byte) (pixels[i] >> 8);
                bytes[3 * i + 2] = (byte) pixels[i];
            }
        }
        return new Image(bytes, height, width);
    }

    private static Examples join(List<Image> images, List<Integer> labels) {
        var first = images.get(0);
        boolean grey = images.stream().allMatch(Image::grey);
        var x = Buffer.allocate(grey ? Type.of(DType.U8, images.size(), first.height, first.width)
                : Type.of(DType.U8, images.size(), first.height, first.width, 3));
        var y = Buffer.allocate(Type.of(DType.I64, images.size()));
        long row = Examples.rowBytes(x);
        for (int i = 0; i < images.size(); i++) {
            var image = images.get(i);
            var bytes = grey || !image.grey() ? image.bytes : tripled(image.bytes);
            MemorySegment.copy(bytes, 0, x.memory(), ValueLayout.JAVA_BYTE, i * row, bytes.length);
            y.setLong(i, labels.get(i));
        }
        return Examples.of(x, y);
    }

    private static byte[] tripled(byte[] grey) {
        var bytes = new byte[3 * grey.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = grey[i / 3];
        }
        return bytes;
    }
}
