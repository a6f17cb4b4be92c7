package io.cyphonic.signaling;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;

/** Holds the layout that docs/architecture.md draws. */
class ArchitectureTest {
    private static final String ROOT = "io.cyphonic.signaling";

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
    void shouldKeepTheProtocolFreeOfTheRestOfTheSystem() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage(ROOT + ".protocol..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                ROOT + ".handshake..",
                                ROOT + ".credential..",
                                ROOT + ".state..",
                                ROOT + ".registry..",
                                ROOT + ".cluster..",
                                ROOT + ".auth..",
                                ROOT + ".node..",
                                ROOT + ".config..",
                                ROOT + ".admin..",
                                ROOT + ".cli.."));
    }

    @Test
    void shouldKeepWhatNodesUseFreeOfTheCloud() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                ROOT + ".protocol..",
                                ROOT + ".handshake..",
                                ROOT + ".credential..",
                                ROOT + ".state..",
                                ROOT + ".stun..",
                                ROOT + ".net..",
                                ROOT + ".metrics..",
                                ROOT + ".os..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                ROOT + ".registry..",
                                ROOT + ".cluster..",
                                ROOT + ".auth..",
                                ROOT + ".node..",
                                ROOT + ".config..",
                                ROOT + ".admin..",
                                ROOT + ".cli.."));
    }

    @Test
    void shouldNeverDependOnTheEngine() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("io.cyphonic.engine.."));
    }

    @Test
    void shouldUseAeronOnlyInTheCluster() {
        check(onlyIn("io.aeron..", ROOT + ".cluster.."));
    }

    @Test
    void shouldUseChronicleOnlyBehindTheStateStore() {
        check(onlyIn("net.openhft..", ROOT + ".state.."));
    }

    @Test
    void shouldUseBouncyCastleOnlyForHandshakeAndCredentials() {
        check(onlyIn("org.bouncycastle..", ROOT + ".handshake..", ROOT + ".credential.."));
    }

    @Test
    void shouldUsePicocliOnlyInTheCommandLine() {
        check(onlyIn("picocli..", ROOT + ".cli.."));
    }

    @Test
    void shouldUsePrometheusOnlyBehindTheMetrics() {
        check(onlyIn("io.prometheus..", ROOT + ".metrics.."));
    }

    @Test
    void shouldUseForeignFunctionsOnlyInOnePackage() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage(ROOT + ".os..")
                        .should()
                        .dependOnClassesThat()
                        .belongToAnyOf(
                                Linker.class,
                                SymbolLookup.class,
                                FunctionDescriptor.class,
                                Arena.class));
    }

    @Test
    void shouldTouchMemoryOffTheHeapOnlyWhereCapsulesAreReadOrSent() {
        check(
                onlyIn(
                        "java.lang.foreign..",
                        ROOT + ".os..",
                        ROOT + ".net..",
                        ROOT + ".aead..",
                        ROOT + ".protocol..",
                        ROOT + ".relay.."));
    }

    @Test
    void shouldReadClocksOnlyAtTheEdges() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                ROOT + ".protocol..",
                                ROOT + ".handshake..",
                                ROOT + ".registry..",
                                ROOT + ".stun..",
                                ROOT + ".state..")
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
