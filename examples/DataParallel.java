// Two replicas share each batch: the same curve as one.
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Replicas;
import dev.caviar.nn.train.Verbosity;

void main() {
    var one = curve(Replicas.of(1));
    var two = curve(Replicas.of(2));
    var apart = curve(Replicas.of(2).withSynced(false));
    for (int epoch = 0; epoch < one.length; epoch++) {
        IO.println("epoch %d: %.4f alone, %.4f by two, %.4f by two with norms of their own".formatted(epoch + 1, one[epoch], two[epoch], apart[epoch]));
    }
    double most = 0;
    for (int epoch = 0; epoch < one.length; epoch++) {
        most = Math.max(most, Math.abs(one[epoch] - two[epoch]));
    }
    IO.println("two replicas are one to 1e-5: " + (most < 1e-5));
}

double[] curve(Replicas replicas) {
    var digits = DataSource.of("digits").load().train().limit(500);
    var model = Model.of(Reshape.of(8, 8, 1), Conv2D.of(8, 3, "relu"), BatchNorm.of(), Flatten.of(), Dropout.of(0.2), Dense.of(10, "softmax"))
            .compile("adam", "sparse_categorical_crossentropy");
    var history = model.fit(digits, Fit.of().withEpochs(3).withBatch(64).withVerbosity(Verbosity.SILENT).withReplicas(replicas));
    return history.of("loss").stream().mapToDouble(loss -> loss).toArray();
}
