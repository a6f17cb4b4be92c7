import java.io.IOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Gives each switch over types in a folder of classes a method that finds the case by comparing types in turn. The compiler
 * leaves that to the JVM, which makes a class for each such switch when it is first met, with code that is interpreted then: some
 * milliseconds each, in the middle of a node's first tunnel, and no start-up cache keeps those classes (ADR 0025). The method does
 * what java.lang.runtime.SwitchBootstraps.typeSwitch is specified to do. Classes without such a switch stay as they are. Their
 * own classes and libraries are on the class path: the stack maps of what is rewritten need them.
 */
class TypeSwitches {
    private static final int HIDDEN = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

    /** A method to be added. */
    private record Chooser(String name, MethodTypeDesc type, List<ClassDesc> cases) {
        void write(CodeBuilder code) {
            Label present = code.newLabel();
            code.aload(0).ifnonnull(present).iconst_m1().ireturn().labelBinding(present);
            for (int index = 0; index < cases.size(); index++) {
                // A guard that failed asks again, from the case behind its own.
                Label other = code.newLabel();
                code.iload(1).loadConstant(index).if_icmpgt(other);
                code.aload(0).instanceOf(cases.get(index)).ifeq(other);
                code.loadConstant(index).ireturn().labelBinding(other);
            }
            code.loadConstant(cases.size()).ireturn();
        }
    }

    private static final ClassFile FORMAT = ClassFile.of();

    private final ClassModel type;
    private final List<Chooser> choosers = new ArrayList<>();

    private TypeSwitches(ClassModel type) {
        this.type = type;
    }

    public static void main(String[] folders) throws IOException {
        for (String folder : folders) {
            List<Path> classes;
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                classes = files.filter(file -> file.toString().endsWith(".class")).toList();
            }
            for (Path file : classes) {
                ClassModel type = FORMAT.parse(Files.readAllBytes(file));
                if (type.methods().stream().anyMatch(TypeSwitches::hasTypeSwitch)) {
                    Files.write(file, new TypeSwitches(type).rewritten());
                }
            }
        }
    }

    private byte[] rewritten() {
        CodeTransform calls = this::rewriteCall;
        ClassTransform bodies = ClassTransform.transformingMethodBodies(TypeSwitches::hasTypeSwitch, calls);
        return FORMAT.transformClass(type, bodies.andThen(ClassTransform.endHandler(this::addChoosers)));
    }

    private void rewriteCall(CodeBuilder code, CodeElement element) {
        if (!(element instanceof InvokeDynamicInstruction call) || !isTypeSwitch(call)) {
            code.with(element);
            return;
        }
        List<ClassDesc> cases = call.bootstrapArgs().stream().map(ClassDesc.class::cast).toList();
        Chooser chooser = new Chooser("typeSwitch$" + choosers.size(), call.typeSymbol(), cases);
        choosers.add(chooser);
        code.invokestatic(
                type.thisClass().asSymbol(), chooser.name(), chooser.type(), type.flags().has(AccessFlag.INTERFACE));
    }

    private void addChoosers(ClassBuilder builder) {
        for (Chooser chooser : choosers) {
            builder.withMethodBody(chooser.name(), chooser.type(), HIDDEN, chooser::write);
        }
    }

    private static boolean hasTypeSwitch(MethodModel method) {
        return method.code().isPresent()
                && method.code().get().elementStream()
                        .anyMatch(element -> element instanceof InvokeDynamicInstruction call && isTypeSwitch(call));
    }

    /** One whose labels are all types; a constant among them is left to the JVM. */
    private static boolean isTypeSwitch(InvokeDynamicInstruction call) {
        return call.bootstrapMethod().owner().descriptorString().equals("Ljava/lang/runtime/SwitchBootstraps;")
                && call.bootstrapMethod().methodName().equals("typeSwitch")
                && call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance);
    }
}
