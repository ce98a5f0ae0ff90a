/// Trials over models: searches, what they find, and its pictures.
module dev.caviar.lab {
    requires static org.jspecify;
    requires transitive dev.caviar.engine;
    requires transitive dev.caviar.nn;
    requires transitive dev.caviar.tune;
    requires java.desktop;
    requires xchart;

    exports dev.caviar.lab.plot;
    exports dev.caviar.lab.run;
}
