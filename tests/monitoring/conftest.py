import pytest

import telehealth.app as application


@pytest.fixture(autouse=True, scope="session")
def _rooms_are_open():
    """Until app.py lists these rooms."""
    from telehealth.monitoring import pages as monitoring_pages
    from telehealth.readings import api, jobs, pages, sockets

    for names, mine in (
        ("APIS", api.api),
        ("PAGES", pages.pages),
        ("PAGES", monitoring_pages.pages),
        ("SOCKETS", sockets.sockets),
        ("JOBS", jobs.register),
    ):
        if mine not in getattr(application, names):
            setattr(application, names, (*getattr(application, names), mine))
