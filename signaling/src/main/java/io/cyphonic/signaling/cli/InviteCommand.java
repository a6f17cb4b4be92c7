package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.admin.Administration;

import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes an invitation. */
@Command(
        name = "invite",
        description = "Prints a single-use invitation for a new device.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "The line is a secret: whoever has it first becomes that device. An earlier invitation",
            "for the same name ends. Works while the cloud runs and while it does not.",
            "",
            "Examples:",
            "  cyphonic-cloud invite alice --dir /var/lib/cyphonic",
            "  cyphonic-cloud invite alice --dir /var/lib/cyphonic --expires 30m"
        })
final class InviteCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @ParentCommand private CloudMain main;

    @Mixin private DirectoryOption directory;

    @Parameters(
            paramLabel = "NAME",
            description = "Name of the device: a label under the zone, or the full name.")
    private String name;

    @Option(
            names = "--expires",
            paramLabel = "TIME",
            converter = LifeConverter.class,
            description =
                    "How long it can be used: a number and s, m, h or d, at most 30d; default:"
                            + " 24h.")
    private Duration life = Administration.DEFAULT_INVITATION_LIFE;

    @Override
    public Integer call() throws Exception {
        String invitation;
        try (Administration administration =
                CloudAccess.open(directory.directory(), main.registryOpener())) {
            invitation = administration.invite(name, life);
        }
        spec.commandLine().getOut().println(invitation);
        return ExitCode.DONE;
    }

    /** Reads {@code 90s}, {@code 30m}, {@code 24h} or {@code 7d}. */
    static final class LifeConverter implements ITypeConverter<Duration> {
        private static final Pattern FORMAT = Pattern.compile("([1-9][0-9]{0,6})([smhd])");

        @Override
        public Duration convert(String value) {
            Matcher matcher = FORMAT.matcher(value);
            if (matcher.matches()) {
                long number = Long.parseLong(matcher.group(1));
                Duration life =
                        switch (matcher.group(2)) {
                            case "s" -> Duration.ofSeconds(number);
                            case "m" -> Duration.ofMinutes(number);
                            case "h" -> Duration.ofHours(number);
                            default -> Duration.ofDays(number);
                        };
                if (life.compareTo(Administration.MAX_INVITATION_LIFE) <= 0) {
                    return life;
                }
            }
            throw new TypeConversionException(
                    "'%s' is not a number and s, m, h or d, from 1s to 30d".formatted(value));
        }
    }
}
