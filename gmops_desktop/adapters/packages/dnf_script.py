"""What is asked of dnf 4 through its own API; sent on standard input, never written to the disk.

It runs on the host, by whichever Python has the `dnf` module (EL 8: platform-python), so it keeps
to Python 3.6 and says everything in one line of JSON.
"""

from __future__ import annotations

from typing import Final

SCRIPT: Final = r"""
import json, sys
import dnf, dnf.rpm, hawkey
base = dnf.Base()
# None as a release crashes the reading of the settings.
base.conf.substitutions["releasever"] = dnf.rpm.detect_releasever("/") or ""
base.conf.read()
base.conf.substitutions.update_from_etc("/")
base.read_all_repos()
base.fill_sack()
query = base.sack.query()
installed = {}
for p in query.installed():
    installed.setdefault((p.name, p.arch), []).append(p)

def notices(packages, how):
    for p in packages:
        for a in p.get_advisories(how):
            yield dict(id=a.id, security=a.type == hawkey.ADVISORY_SECURITY,
                       severity=a.severity or "",
                       cves=[r.id for r in a.references if r.type == hawkey.REFERENCE_CVE])

def described(p):
    # What lies between the installed and the newest counts, too: it is mended along with it.
    old = max(installed.get((p.name, p.arch), []), default=None)
    found = list(notices([p], hawkey.EQ)) + (list(notices([old], hawkey.GT)) if old else [])
    return dict(name=p.name, arch=p.arch, old=old.evr if old else "", new=p.evr, repo=p.reponame,
                bytes=p.downloadsize, disk=p.installsize - (old.installsize if old else 0),
                notices=found)

every = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).upgrades().latest()
print(json.dumps(dict(
    repositories=dict((r.id, bool(r.get_metadata_path("updateinfo")))
                      for r in base.repos.iter_enabled()),
    ages=[r._repo.getAge() for r in base.repos.iter_enabled()],
    upgrades=[described(p) for p in query.upgrades().latest()],
    excluded=sorted(set(p.name for p in every) - set(p.name for p in query.upgrades())),
)))
"""
