/// Search spaces, samplers, pruners, storages and studies: tunes anything, needs no engine.
module dev.caviar.tune {
    requires static org.jspecify;
    requires java.sql;
    requires com.zaxxer.hikari;
    requires hipparchus.core;
    requires hipparchus.stat;
    requires tools.jackson.core;

    exports dev.caviar.tune;
    exports dev.caviar.tune.importance;
    exports dev.caviar.tune.json;
    exports dev.caviar.tune.prune;
    exports dev.caviar.tune.record;
    exports dev.caviar.tune.sample;
    exports dev.caviar.tune.space;
    exports dev.caviar.tune.storage;
}
