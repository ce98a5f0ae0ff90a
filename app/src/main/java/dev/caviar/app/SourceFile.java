package dev.caviar.app;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticListener;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/// A Java source file and the compiler's view of it: its root folder, from which other classes are found, and its first class.
record SourceFile(Path file, Path root, String mainClass) {

    /// Reads as much of the file as tells its package and its first class.
    ///
    /// @throws BadInput where it does not parse, declares no class, or lies outside the folder of its package
    static SourceFile of(Path path, PrintStream err) throws IOException {
        var file = path.toAbsolutePath().normalize();
        var unit = parse(file, err);
        var type = unit.getTypeDecls().stream().filter(ClassTree.class::isInstance).map(ClassTree.class::cast).findFirst();
        if (type.isEmpty()) throw new BadInput(path + " declares no class.\nMaybe add one with a method `void main()`, or that method alone.");
        var folder = file.getParent();
        if (unit.getPackageName() == null) return new SourceFile(file, folder, type.get().getSimpleName().toString());
        var name = unit.getPackageName().toString();
        var place = Path.of(name.replace('.', '/'));
        if (!folder.endsWith(place)) throw new BadInput(path + " is of package " + name + " but does not lie in a folder " + place + ".");
        var root = file;
        for (int i = 0; i <= place.getNameCount(); i++) root = root.getParent();
        return new SourceFile(file, root, name + "." + type.get().getSimpleName());
    }

    private static CompilationUnitTree parse(Path file, PrintStream err) throws IOException {
        var complaints = new Complaints(err);
        try (var files = compiler().getStandardFileManager(complaints, null, StandardCharsets.UTF_8)) {
            var task = (JavacTask) compiler().getTask(null, files, complaints, List.of("-proc:none"), null, files.getJavaFileObjects(file));
            var unit = task.parse().iterator().next();
            complaints.check(file);
            return unit;
        }
    }

    /// Compiles it, and the files of other classes that it names, into memory, and loads its first class.
    ///
    /// @throws BadInput where it does not compile, after the compiler's own words on `err`
    Class<?> compile(PrintStream err) throws IOException {
        var options = List.of(
                "--class-path", System.getProperty("java.class.path"),
                "--source-path", root.toString(),
                "--add-modules", "jdk.incubator.vector",
                "-proc:none", "-implicit:class", "-Xlint:deprecation,unchecked,-incubating");
        var complaints = new Complaints(err);
        try (var files = compiler().getStandardFileManager(complaints, null, StandardCharsets.UTF_8)) {
            var memory = new MemoryFiles(files);
            compiler().getTask(null, memory, complaints, options, null, files.getJavaFileObjects(file)).call();
            complaints.check(file);
            return Class.forName(mainClass, false, new MemoryLoader(memory.classes));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("The compiler wrote no class " + mainClass + " for " + file, e);
        }
    }

    private static JavaCompiler compiler() {
        var compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) throw new BadInput("this Java runtime has no compiler.\nMaybe it is a JRE: compiling takes a JDK.");
        return compiler;
    }

    /// Prints what the compiler reports as it would itself, and remembers whether that was an error.
    private static final class Complaints implements DiagnosticListener<JavaFileObject> {
        private final PrintStream err;
        private int errors;

        Complaints(PrintStream err) {
            this.err = err;
        }

        @Override
        public void report(Diagnostic<? extends JavaFileObject> diagnostic) {
            if (diagnostic.getKind() == Diagnostic.Kind.ERROR) errors++;
            err.println(diagnostic);
        }

        void check(Path file) {
            if (errors > 0) throw new BadInput(file.getFileName() + " does not compile: " + errors + (errors == 1 ? " error" : " errors") + ", as shown above."
                    + "\nMaybe an import is missing, or a name is that of two classes, such as Random of java.util and of the engine: import one by its name.");
        }
    }

    /// Keeps the class files that the compiler writes.
    private static final class MemoryFiles extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, byte[]> classes = new HashMap<>();

        MemoryFiles(JavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location location, String name, Kind kind, FileObject sibling) throws IOException {
            if (location != StandardLocation.CLASS_OUTPUT || kind != Kind.CLASS) return super.getJavaFileForOutput(location, name, kind, sibling);
            return new SimpleJavaFileObject(URI.create("memory:///" + name.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return new ByteArrayOutputStream() {
                        @Override
                        public void close() {
                            classes.put(name, toByteArray());
                        }
                    };
                }
            };
        }
    }

    private static final class MemoryLoader extends ClassLoader {
        private final Map<String, byte[]> classes;

        MemoryLoader(Map<String, byte[]> classes) {
            super(SourceFile.class.getClassLoader());
            this.classes = classes;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            var bytes = classes.get(name);
            if (bytes == null) throw new ClassNotFoundException(name);
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
