import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.regex.Pattern;

/// DJL on PyTorch, trained as its examples do: an array data set, EasyTrain for each batch. Takes the file of a request, as the scripts of
/// the other peers do.
final class Djl {
    public static void main(String[] args) throws Exception {
        var request = new Gson().fromJson(Files.readString(Path.of(args[0])), JsonObject.class);
        var folder = Path.of(request.get("folder").getAsString());
        var name = request.get("model").getAsString();
        int batch = request.get("batch").getAsInt();
        int epochs = request.get("epochs").getAsInt();
        try (var manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            var x = images(manager, folder.resolve("x_train.npy"), name);
            var y = classes(manager, folder.resolve("y_train.npy"));
            int outputs = (int) y.max().getFloat() + 1;
            long n = x.getShape().get(0);
            long warm = Math.min(n, 50L * batch);
            var begun = System.nanoTime();
            try (var model = model(name, outputs); var trainer = trainer(model, x, batch)) {
                for (int i = 0; i < 3; i++) pass(trainer, data(x.get("0:" + warm), y.get("0:" + warm), batch));
            }
            double warmed = (System.nanoTime() - begun) / 1e9;
            try (var model = model(name, outputs); var trainer = trainer(model, x, batch)) {
                var seconds = new ArrayList<Double>();
                var data = data(x, y, batch);
                for (int epoch = 0; epoch < epochs; epoch++) {
                    long start = System.nanoTime();
                    pass(trainer, data);
                    seconds.add((System.nanoTime() - start) / 1e9);
                    System.err.printf("pass %d: %.2f s%n", epoch + 1, seconds.getLast());
                }
                var figures = new LinkedHashMap<String, Object>();
                var engine = Engine.getEngine("PyTorch");
                figures.put("version", Engine.getDjlVersion() + " on PyTorch " + engine.getVersion());
                figures.put("seconds_per_epoch", seconds);
                figures.put("test_accuracy", accuracy(trainer, images(manager, folder.resolve("x_test.npy"), name), classes(manager, folder.resolve("y_test.npy"))));
                figures.put("warm_up_seconds", warmed);
                var answer = Path.of(request.get("answer").getAsString());
                var temporary = Path.of(answer + ".tmp");
                Files.writeString(temporary, new Gson().toJson(figures));
                Files.move(temporary, answer, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Model model(String name, int outputs) {
        var block = new SequentialBlock();
        switch (name) {
            case "mlp" -> {
                for (int i = 0; i < 2; i++) {
                    block.add(Linear.builder().setUnits(256).optBias(false).build()).add(BatchNorm.builder().build()).add(Activation::relu);
                }
            }
            case "cnn" -> {
                for (int filters : new int[] {32, 64}) {
                    block.add(Conv2d.builder().setKernelShape(new Shape(3, 3)).setFilters(filters).build()).add(Activation::relu)
                            .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)));
                }
                block.add(Blocks.batchFlattenBlock()).add(Linear.builder().setUnits(128).build()).add(Activation::relu);
            }
            case "lstm" -> block.add(LSTM.builder().setStateSize(128).setNumLayers(1).optBatchFirst(true).build())
                    .add(new LambdaBlock(list -> new NDList(list.head().get(":, -1"))));
            default -> throw new IllegalArgumentException(name);
        }
        block.add(Linear.builder().setUnits(outputs).build());
        var model = Model.newInstance(name, Device.cpu(), "PyTorch");
        model.setBlock(block);
        return model;
    }

    private static Trainer trainer(Model model, NDArray x, int batch) {
        var config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optDevices(new Device[] {Device.cpu()})
                .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-3f)).build());
        var trainer = model.newTrainer(config);
        var dims = x.getShape().getShape().clone();
        dims[0] = batch;
        trainer.initialize(new Shape(dims));
        return trainer;
    }

    private static ArrayDataset data(NDArray x, NDArray y, int batch) {
        return new ArrayDataset.Builder().setData(x).optLabels(y).setSampling(batch, true).build();
    }

    private static void pass(Trainer trainer, ArrayDataset data) throws Exception {
        for (var batch : trainer.iterateDataset(data)) {
            try (batch) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }
    }

    private static double accuracy(Trainer trainer, NDArray x, NDArray y) {
        long n = x.getShape().get(0);
        double right = 0;
        for (long at = 0; at < n; at += 1000) {
            var rows = at + ":" + Math.min(n, at + 1000);
            try (var found = trainer.evaluate(new NDList(x.get(rows))).singletonOrThrow()) {
                right += found.argMax(1).toType(y.getDataType(), false).eq(y.get(rows)).toType(ai.djl.ndarray.types.DataType.FLOAT32, false).sum().getFloat();
            }
        }
        return right / n;
    }

    private static NDArray images(NDManager manager, Path file, String name) throws IOException {
        var array = read(file);
        var shape = switch (name) {
            case "mlp" -> new Shape(array.shape[0], array.width());
            case "cnn" -> new Shape(array.shape[0], 1, array.shape[1], array.shape[2]);
            default -> new Shape(array.shape);
        };
        return manager.create(array.bytes.asFloatBuffer(), shape);
    }

    /// Its loss takes classes as floats.
    private static NDArray classes(NDManager manager, Path file) throws IOException {
        var longs = read(file).bytes.asLongBuffer();
        var classes = new float[longs.remaining()];
        for (int i = 0; i < classes.length; i++) classes[i] = longs.get(i);
        return manager.create(classes);
    }

    private record Npy(long[] shape, ByteBuffer bytes) {
        long width() {
            long width = 1;
            for (int i = 1; i < shape.length; i++) width *= shape[i];
            return width;
        }
    }

    /// An array as the request brings it: version 1 of NumPy's format, little-endian, in C order.
    private static Npy read(Path file) throws IOException {
        try (var channel = FileChannel.open(file)) {
            var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            int length = bytes.getShort(8);
            var header = new byte[length];
            bytes.get(10, header);
            var match = Pattern.compile("\\(([^)]*)\\)").matcher(new String(header));
            if (!match.find()) throw new IOException(file + " is no array.");
            var shape = Pattern.compile("\\d+").matcher(match.group(1)).results().mapToLong(found -> Long.parseLong(found.group())).toArray();
            return new Npy(shape, bytes.slice(10 + length, bytes.capacity() - 10 - length).order(ByteOrder.LITTLE_ENDIAN));
        }
    }
}
