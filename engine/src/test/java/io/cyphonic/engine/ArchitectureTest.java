package io.cyphonic.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CompoundElement;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;

/** Holds the layout that docs/architecture.md draws. */
class ArchitectureTest {
    private static final String ROOT = "io.cyphonic.engine";

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages(ROOT);
    }

    private static void check(ArchRule rule) {
        rule.check(classes);
    }

    /** Only these packages of the module may use that library. */
    private static ArchRule onlyIn(String library, String... packages) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(packages)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(library);
    }

    @Test
    void shouldNeverUseTheCloud() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.cyphonic.signaling.auth..",
                                "io.cyphonic.signaling.node..",
                                "io.cyphonic.signaling.registry..",
                                "io.cyphonic.signaling.cluster..",
                                "io.cyphonic.signaling.config..",
                                "io.cyphonic.signaling.admin..",
                                "io.cyphonic.signaling.cli.."));
    }

    @Test
    void shouldUseForeignFunctionsOnlyThroughSignaling() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .belongToAnyOf(
                                Linker.class,
                                SymbolLookup.class,
                                FunctionDescriptor.class,
                                Arena.class));
    }

    /**
     * ADR 0025: the build gives each a method; a class made at run time would cost milliseconds.
     */
    @Test
    void shouldLeaveNoSwitchOverTypesToTheFirstTimeItIsMet() throws IOException {
        List<String> left = new ArrayList<>();
        int seen = 0;
        JavaClasses both =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.cyphonic");
        for (JavaClass each : both) {
            try (InputStream bytes = each.getSource().orElseThrow().getUri().toURL().openStream()) {
                ClassModel type = ClassFile.of().parse(bytes.readAllBytes());
                if (hasTypeSwitch(type)) {
                    left.add(each.getName());
                }
                seen += hasChooser(type) ? 1 : 0;
            }
        }
        assertThat(left).isEmpty();
        assertThat(seen).isPositive();
    }

    private static boolean hasTypeSwitch(ClassModel type) {
        return type.methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(CompoundElement::elementStream)
                .anyMatch(
                        element ->
                                element instanceof InvokeDynamicInstruction call
                                        && call.bootstrapMethod()
                                                .methodName()
                                                .equals("typeSwitch"));
    }

    private static boolean hasChooser(ClassModel type) {
        return type.methods().stream()
                .anyMatch(method -> method.methodName().stringValue().startsWith("typeSwitch$"));
    }

    @Test
    void shouldTouchMemoryOffTheHeapOnlyInTheDataPath() {
        check(
                onlyIn(
                        "java.lang.foreign..",
                        ROOT + ".pipeline..",
                        ROOT + ".packet..",
                        ROOT + ".session.."));
    }

    @Test
    void shouldUseTheDisruptorOnlyInThePipelines() {
        check(onlyIn("com.lmax.disruptor..", ROOT + ".pipeline.."));
    }

    @Test
    void shouldUseChronicleAndBouncyCastleOnlyThroughSignaling() {
        check(onlyIn("net.openhft..", "nothing"));
        check(onlyIn("org.bouncycastle..", "nothing"));
    }

    @Test
    void shouldUsePicocliOnlyInTheCommandLine() {
        check(onlyIn("picocli..", ROOT + ".cli.."));
    }

    @Test
    void shouldKeepTheDataPathFreeOfTheControlPlane() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                ROOT + ".packet..",
                                ROOT + ".session..",
                                ROOT + ".pipeline..",
                                ROOT + ".counters..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                ROOT + ".control..",
                                ROOT + ".dns..",
                                ROOT + ".local..",
                                ROOT + ".cli..",
                                "io.cyphonic.signaling.os.."));
    }

    @Test
    void shouldKeepTheControlPlaneFreeOfSystemCalls() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(ROOT + ".control..", ROOT + ".dns..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.cyphonic.signaling.os.."));
    }

    @Test
    void shouldReadClocksOnlyAtTheEdges() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                ROOT + ".packet..", ROOT + ".session..", ROOT + ".pipeline..")
                        .should()
                        .callMethod(System.class, "currentTimeMillis")
                        .orShould()
                        .callMethod(System.class, "nanoTime"));
    }

    @Test
    void shouldHaveNoCyclesBetweenPackages() {
        check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }
}
