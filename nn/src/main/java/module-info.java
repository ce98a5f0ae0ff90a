/// Data, layers, losses, metrics, optimizers and training.
module dev.caviar.nn {
    requires static transitive org.jspecify;
    requires transitive dev.caviar.engine;
    requires tools.jackson.databind;
    requires de.siegmar.fastcsv;
    requires java.net.http;
    requires java.desktop;

    exports dev.caviar.nn.format;
    exports dev.caviar.nn.data;
    exports dev.caviar.nn.layer;
    exports dev.caviar.nn.loss;
    exports dev.caviar.nn.metric;
    exports dev.caviar.nn.optim;
    exports dev.caviar.nn.train;
}
