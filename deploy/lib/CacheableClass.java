import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;

/**
 * A class in a format that a start-up cache can hold. A class from before Java 6 says nothing about the types on its stack,
 * which the verifier of then found out by itself; it is given the stack maps that the verifier of today, and the cache, want.
 */
class CacheableClass {
    /** As much of a class file as says how old its format is. */
    static final int START = 8;

    private static final int MAJOR_VERSION_AT = 6;

    private final ClassFile format;

    /** Finds the class file with a name in the jar at hand, or null. */
    interface Others {
        byte[] find(String name) throws IOException;
    }

    CacheableClass(Others others) {
        ClassHierarchyResolver ofJar = ClassHierarchyResolver.ofResourceParsing(type -> open(others, type));
        format =
                ClassFile.of(
                        StackMapsOption.GENERATE_STACK_MAPS,
                        ClassHierarchyResolverOption.of(ofJar.orElse(ClassHierarchyResolver.defaultResolver())));
    }

    static boolean isOld(byte[] start) {
        return ByteBuffer.wrap(start).getShort(MAJOR_VERSION_AT) < ClassFile.JAVA_6_VERSION;
    }

    byte[] of(byte[] bytes) {
        return isOld(bytes) ? format.transformClass(format.parse(bytes), newer()) : bytes;
    }

    private static ClassTransform newer() {
        // Every method is taken apart and put together again, for only then it gets stack maps.
        CodeTransform same = (code, element) -> code.with(element);
        return ClassTransform.transformingMethodBodies(same)
                .andThen(
                        (type, element) ->
                                type.with(
                                        element instanceof ClassFileVersion
                                                ? ClassFileVersion.of(ClassFile.JAVA_8_VERSION, 0)
                                                : element));
    }

    private static InputStream open(Others others, ClassDesc type) {
        String descriptor = type.descriptorString();
        try {
            byte[] bytes = others.find(descriptor.substring(1, descriptor.length() - 1) + ".class");
            return bytes == null ? null : new ByteArrayInputStream(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
