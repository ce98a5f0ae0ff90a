package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Optional;

/// Every output from every input: `activation(x · kernel + bias)` on the last axis.
///
/// `x` is `[…, inputs]`, the kernel `[inputs, units]`, the bias `[units]`, the output `[…, units]`. A positive `l2` adds
/// `l2 · Σ kernel²` to the loss.
///
/// ```java
/// var hidden = Dense.of(256, "relu").withL2(1e-4);
/// var output = Dense.of(10);
/// ```
public record Dense(int units, Activation activation, boolean bias, Init kernelInit, Init biasInit, double l2)
        implements UnaryLayer {
    public Dense {
        if (units < 1) {
            throw new IllegalArgumentException("Dense(" + units + "): a layer has 1 unit or more.");
        }
        if (!(l2 >= 0)) {
            throw new IllegalArgumentException("Dense(" + units + ") with l2 = " + l2 + ": it must be 0 or more.");
        }
    }

    /// With linear output, bias, and Glorot uniform kernel.
    public static Dense of(int units) {
        return new Dense(units, Activation.LINEAR, true, Init.xavier(), Init.zeros(), 0);
    }

    public static Dense of(int units, String activation) {
        return of(units).withActivation(Activation.of(activation));
    }

    public Dense withActivation(Activation activation) {
        return new Dense(units, activation, bias, kernelInit, biasInit, l2);
    }

    public Dense withBias(boolean bias) {
        return new Dense(units, activation, bias, kernelInit, biasInit, l2);
    }

    public Dense withKernelInit(Init kernelInit) {
        return new Dense(units, activation, bias, kernelInit, biasInit, l2);
    }

    public Dense withBiasInit(Init biasInit) {
        return new Dense(units, activation, bias, kernelInit, biasInit, l2);
    }

    public Dense withL2(double l2) {
        return new Dense(units, activation, bias, kernelInit, biasInit, l2);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() < 2) {
            throw new ShapeException("it takes [examples, …, features].\nMaybe put Reshape.of(1) in front, if each example is a single number.");
        }
        var kernel = s.param("kernel", Shape.of(x.shape().dim(-1), units), kernelInit);
        if (l2 > 0) {
            s.penalty(kernel.square().sum().mul(s.scalar("l2", l2)));
        }
        var y = x.cast(s.dtype()).matmul(kernel);
        return activation.on(bias ? y.add(s.param("bias", Shape.of(units), biasInit)) : y);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String toString() {
        return "Dense(" + units + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
