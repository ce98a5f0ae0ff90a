package dev.caviar.nn.train;

/// The loss became infinite or NaN; carries what was learned about the epochs before.
///
/// ```java
/// var model = Model.of(Dense.of(1)).compile("sgd", "mse");
/// var train = Examples.of(new float[][] {{1e30f}}, new float[][] {{1}});
/// try {
///     model.fit(train, Fit.of().withEpochs(3).withVerbosity(Verbosity.SILENT));
/// } catch (DivergedException e) {
///     List<Double> curve = e.history().of("loss");
/// }
/// ```
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient History history;

    public DivergedException(String message, History history) {
        super(message);
        this.history = history;
    }

    /// The epochs before the one that failed.
    public History history() {
        return history;
    }
}
