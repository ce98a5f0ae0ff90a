package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.train.Model;

/// The networks of the targets, by their names in options. The peers' scripts build the same.
enum Network {
    /// 784-256-256-10, batch norm and relu after each hidden layer, no bias before it.
    mlp(Integer.MAX_VALUE) {
        @Override
        Sequential layers(int outputs) {
            return Sequential.of(Flatten.of(), hidden(), BatchNorm.of(), Activation.RELU, hidden(), BatchNorm.of(), Activation.RELU,
                    Dense.of(outputs, "softmax"));
        }

        private static Layer hidden() {
            return Dense.of(256).withBias(false);
        }
    },

    /// Two convolutions 3×3 of 32 and 64 filters, each with relu and 2×2 max pooling, no padding; dense 128 with relu.
    cnn(12_800) {
        @Override
        Sequential layers(int outputs) {
            return Sequential.of(Reshape.of(28, 28, 1), Conv2D.of(32, 3, "relu"), MaxPooling2D.of(2), Conv2D.of(64, 3, "relu"),
                    MaxPooling2D.of(2), Flatten.of(), Dense.of(128, "relu"), Dense.of(outputs, "softmax"));
        }
    },

    /// 28 steps of 28, 128 units; dense on the last step.
    lstm(12_800) {
        @Override
        Sequential layers(int outputs) {
            return Sequential.of(LSTM.of(128), Dense.of(outputs, "softmax"));
        }
    };

    /// How many training examples are used where nothing else is asked for.
    final int limit;

    private static final long SIDE = 28;

    Network(int limit) {
        this.limit = limit;
    }

    abstract Sequential layers(int outputs);

    /// Refuses data whose images this network cannot take.
    void check(DataSet set) {
        if (this != mlp && !set.inputShape().equals(Shape.of(SIDE, SIDE))) {
            throw new BadInput("--model " + this + " takes images of " + SIDE + " by " + SIDE + ", but those of " + set.name() + " are "
                    + set.inputShape() + ".\nMaybe use --data fashion-mnist.");
        }
    }

    /// The model for a data set with Adam at 0.001, normalised as these examples are.
    Model model(DataSet set, Normaliser normaliser) {
        return Model.of(layers(set.outputs())).withSeed(1).withNormaliser(normaliser)
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }
}
