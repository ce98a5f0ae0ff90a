/// The `caviar` command: searches, training, evaluation and prediction from the command line.
module dev.caviar.app {
    requires static org.jspecify;
    requires transitive dev.caviar.lab;
    requires info.picocli;
    requires java.compiler;
    requires java.desktop;
    requires java.sql;
    requires jdk.compiler;

    exports dev.caviar.app;
    exports dev.caviar.app.check;

    opens dev.caviar.app to
            info.picocli;

    uses dev.caviar.app.CommandProvider;
}
