import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Takes the signatures off the jars in a folder: the JVM keeps no class of a signed jar in a start-up cache, and checks a
 * digest for each one it loads. What Maven downloaded was checked by Maven; nothing here asks for the signature of a jar.
 * Leaves other jars, and the times of all of them, as they are.
 */
class Unsign {
    public static void main(String[] folders) throws IOException {
        for (String folder : folders) {
            if (!Files.isDirectory(Path.of(folder))) {
                continue;
            }
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(folder), "*.jar")) {
                for (Path jar : jars) {
                    unsign(jar);
                }
            }
        }
    }

    private static void unsign(Path path) throws IOException {
        FileTime time = Files.getLastModifiedTime(path);
        Path copy = path.resolveSibling(path.getFileName() + ".unsigned");
        try (JarFile jar = new JarFile(path.toFile(), false)) {
            if (jar.stream().noneMatch(Unsign::isSignature)) {
                return;
            }
            try (OutputStream out = Files.newOutputStream(copy);
                    JarOutputStream to = new JarOutputStream(out, withoutDigests(jar.getManifest()))) {
                for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                    if (!isSignature(entry) && !entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        JarEntry same = new JarEntry(entry.getName());
                        same.setTime(entry.getTime());
                        to.putNextEntry(same);
                        jar.getInputStream(entry).transferTo(to);
                        to.closeEntry();
                    }
                }
            }
        }
        Files.setLastModifiedTime(copy, time);
        Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Manifest withoutDigests(Manifest manifest) {
        Manifest result = new Manifest();
        result.getMainAttributes().putAll(manifest.getMainAttributes());
        result.getMainAttributes().putIfAbsent(Attributes.Name.MANIFEST_VERSION, "1.0");
        return result;
    }

    private static boolean isSignature(JarEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }
}
