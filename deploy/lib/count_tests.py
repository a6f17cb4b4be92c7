"""Adds up the Java and the end-to-end tests of the last run and prints one closing line."""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

root = pathlib.Path(sys.argv[1])
ran = failed = skipped = 0
for report in root.glob("*/target/surefire-reports/TEST-*.xml"):
    suite = ElementTree.parse(report).getroot()
    ran += int(suite.get("tests"))
    failed += int(suite.get("failures")) + int(suite.get("errors"))
    skipped += int(suite.get("skipped"))
log = (root / "target/end-to-end.log").read_text()
ran += int(re.search(r"^Ran (\d+) tests?", log, re.MULTILINE).group(1))
for word, count in re.findall(r"(failures|errors|skipped)=(\d+)", log.splitlines()[-1]):
    if word == "skipped":
        skipped += int(count)
    else:
        failed += int(count)
print(f"{ran - failed - skipped} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or ran == 0 else 0)
