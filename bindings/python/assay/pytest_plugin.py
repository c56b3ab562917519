"""pytest: the fixture `assay_world`, faults as marks, and the journal in the report of a failed test."""
import pytest

from assay.server import Server
from assay.world import World

_world = pytest.StashKey()


def pytest_addoption(parser):
    parser.addini("assay_provider", "provider of the worlds, as of assay serve --provider", default="worldrouter")


def pytest_configure(config):
    for line in (
        "assay(scenario=…, world={…}, keys=[…], seed=N, listeners='own'): what assay_world is made from",
        "assay_fault(name, fake='inference', **parameters): every answer has this fault (assay list faults)",
        "assay_rule(fake='inference', **rule): the answers that the rule chooses, such as path='chat', nth=1, error={'status': 503}",
    ):
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def assay_server(pytestconfig):
    """The `assay serve` of ASSAY_ADMIN_URL, else one of this session's own."""
    server = Server(pytestconfig.getini("assay_provider"))
    yield server
    server.close()


def _orders(node):
    """fake -> (faults, rules) of the marks, those of the module first."""
    out = {}
    for mark in reversed(list(node.iter_markers("assay_fault"))):
        parameters = dict(mark.kwargs)
        faults, _ = out.setdefault(parameters.pop("fake", "inference"), ([], []))
        faults.append({mark.args[0]: parameters} if parameters else mark.args[0])
    for mark in reversed(list(node.iter_markers("assay_rule"))):
        rule = dict(mark.kwargs)
        _, rules = out.setdefault(rule.pop("fake", "inference"), ([], []))
        rules.append(rule)
    return out


@pytest.fixture
def assay_world(request, assay_server):
    """Fake providers of this test alone."""
    mark = request.node.get_closest_marker("assay")
    with World(assay_server, **(mark.kwargs if mark else {})) as world:
        for fake, (faults, rules) in _orders(request.node).items():
            world.set_faults(*faults, fake=fake, rules=rules)
        request.node.stash[_world] = world
        yield world
        del request.node.stash[_world]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    world = item.stash.get(_world, None)
    if call.when == "call" and report.failed and world is not None:
        report.sections.append(("assay journal", world.conversation()))
