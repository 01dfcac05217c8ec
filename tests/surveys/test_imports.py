"""What importing the library brings along."""

import subprocess
import sys


def test_forms_and_signer_rules_bring_no_heavy_library_and_no_web():
    script = (
        "import sys\n"
        "from surveys import engine, entry, fhir, instruments, scoring, validation\n"
        "from surveys.consent import document, signers\n"
        "heavy = {'pyhanko', 'typst', 'cryptography', 'flask', 'sqlalchemy', 'telehealth'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
