package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
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
