package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Locale;
import java.util.function.BinaryOperator;

/// How far predicted values are from the true ones, the mean over the last axis.
///
/// ```java
/// Tensor each = Deviation.MAE.perExample(Tensor.of(new float[][] {{1, 3}}), Tensor.of(new float[][] {{1, 1}}));   // 1
/// ```
public enum Deviation implements Loss {
    /// |p − t|
    MAE((p, t) -> p.sub(t).abs()),
    /// 100·|p − t|/|t|, the true value kept 1e-7 away from 0.
    MAPE((p, t) -> t.sub(p).div(t.abs().max(1e-7)).abs().mul(100)),
    /// (log(p + 1) − log(t + 1))², both at least 1e-7.
    MSLE((p, t) -> p.max(1e-7).log1p().sub(t.max(1e-7).log1p()).square()),
    /// log cosh(p − t): squared when small, absolute when large; nothing overflows.
    LOG_COSH((p, t) -> logCosh(p.sub(t))),
    /// p − t·log(p + 1e-7)
    POISSON((p, t) -> p.sub(t.mul(p.add(1e-7).log())));

    private final BinaryOperator<Tensor> f;

    Deviation(BinaryOperator<Tensor> f) {
        this.f = f;
    }

    private static Tensor logCosh(Tensor d) {
        return d.add(d.mul(-2).softplus()).sub(Math.log(2));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return f.apply(predicted, Targets.like(kind(), predicted, target)).mean(-1);
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }
}
