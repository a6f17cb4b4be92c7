package io.cyphonic.engine.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar. */
final class NodeVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = NodeVersion.class.getPackage().getImplementationVersion();
        return new String[] {
            "cyphonic %s (Java %s)"
                    .formatted(version == null ? "development" : version, Runtime.version())
        };
    }
}
