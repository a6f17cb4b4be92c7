import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Makes the jars in a folder such as a start-up cache can hold: the JVM keeps no class of a signed jar in it, and none of a
 * format from before Java 6. So signatures come off (what Maven downloaded was checked by Maven; nothing here asks for the
 * signature of a jar), and old classes get a newer format ({@link CacheableClass}). Leaves other jars, and the times of all
 * of them, as they are.
 */
class Cacheable {
    public static void main(String[] folders) throws IOException {
        for (String folder : folders) {
            if (!Files.isDirectory(Path.of(folder))) {
                continue;
            }
            try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(folder), "*.jar")) {
                for (Path jar : jars) {
                    rewrite(jar);
                }
            }
        }
    }

    private static void rewrite(Path path) throws IOException {
        FileTime time = Files.getLastModifiedTime(path);
        Path copy = path.resolveSibling(path.getFileName() + ".cacheable");
        try (JarFile jar = new JarFile(path.toFile(), false)) {
            List<JarEntry> entries = jar.stream().toList();
            if (!isToBeRewritten(jar, entries)) {
                return;
            }
            CacheableClass classes = new CacheableClass(name -> bytes(jar, jar.getJarEntry(name)));
            try (OutputStream out = Files.newOutputStream(copy);
                    JarOutputStream to = new JarOutputStream(out, withoutDigests(jar.getManifest()))) {
                for (JarEntry entry : entries) {
                    if (!isSignature(entry) && !entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        JarEntry same = new JarEntry(entry.getName());
                        same.setTime(entry.getTime());
                        to.putNextEntry(same);
                        byte[] bytes = bytes(jar, entry);
                        to.write(isClass(entry) ? classes.of(bytes) : bytes);
                        to.closeEntry();
                    }
                }
            }
        }
        Files.setLastModifiedTime(copy, time);
        Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static boolean isToBeRewritten(JarFile jar, List<JarEntry> entries) throws IOException {
        for (JarEntry entry : entries) {
            if (isSignature(entry) || isClass(entry) && CacheableClass.isOld(start(jar, entry))) {
                return true;
            }
        }
        return false;
    }

    private static byte[] bytes(JarFile jar, JarEntry entry) throws IOException {
        return entry == null ? null : jar.getInputStream(entry).readAllBytes();
    }

    private static byte[] start(JarFile jar, JarEntry entry) throws IOException {
        return jar.getInputStream(entry).readNBytes(CacheableClass.START);
    }

    private static Manifest withoutDigests(Manifest manifest) {
        Manifest result = new Manifest();
        result.getMainAttributes().putAll(manifest.getMainAttributes());
        result.getMainAttributes().putIfAbsent(Attributes.Name.MANIFEST_VERSION, "1.0");
        return result;
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(".class");
    }

    private static boolean isSignature(JarEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }
}
