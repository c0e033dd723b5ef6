"""Building the web app: once a source, in order, without harm when it fails or is cancelled."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from tests.up.conftest import Running, Teddy, eventually, is_running, own_environment

from studyteddy.embedded import node, web_build, web_dev
from studyteddy.embedded.folder import CHECKOUT, Trouble
from studyteddy.embedded.web_build import BuildFailed
from studyteddy.platform.web import web_builds
from studyteddy.platform.web.web_builds import Fault, Progress, Step

GOOD = """
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
writeFileSync("dist/index.html", `<!doctype html><title>${process.env.TEDDY_BUILD}</title>`.padEnd(500));
writeFileSync("dist/assets/index-a1.js", "console.log(1);\\n".repeat(100));
writeFileSync("dist/assets/font-a1.woff2", "x");
writeFileSync("dist/environment.json", JSON.stringify(process.env));
if (process.env.npm_config_counter) appendFileSync(process.env.npm_config_counter, "built\\n");
"""
BAD = 'console.error("the colour is wrong"); process.exit(3);'
ENDLESS = """
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
writeFileSync(process.env.npm_config_pids, `${process.pid} ${child.pid}`);
setInterval(() => {}, 1000);
"""
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


def put_source(folder: Path, script: str = GOOD, needs: str = "") -> Path:
    """Write an app that is built by `script`, and needs no packages or that one."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": "fixture", "version": "1.0.0", "dependencies": {needs: "1.3.0"} if needs else {}}
    packages: dict[str, object] = {"": about}
    if needs:
        packages[f"node_modules/{needs}"] = {"version": "1.3.0", "integrity": "sha512-" + "A" * 86 + "=="}
    scripts = {"build": "node build.mjs", "check": "node -e 0", "lint": "node -e 0", "test": "node -e 0"}
    (folder / "package.json").write_text(json.dumps({**about, "private": True, "type": "module", "scripts": scripts}))
    lock = {"name": "fixture", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / ".gitignore").write_text("node_modules/\ndist/\nsrc/made.ts\n")
    (folder / "build.mjs").write_text(script)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return put_source(tmp_path / "source")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "web"


def build(folder: Path, source: Path, **environment: str) -> str:
    return web_build.build(folder, {**ENVIRONMENT, **environment}, source=source)


# --- the result ----------------------------------------------------------------------------------------


def test_a_source_is_built_once(folder: Path, source: Path, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    key = build(folder, source, npm_config_counter=str(counter))
    assert web_builds.current(folder).builds == (key,)
    assert key in (folder / key / "index.html").read_text()
    assert not (folder / web_builds.PROGRESS).exists()
    assert web_build.is_current(folder, source)
    assert build(folder, source, npm_config_counter=str(counter)) == key
    assert counter.read_text() == "built\n"


def test_the_key_is_of_what_git_keeps(source: Path) -> None:
    key = web_build.source_key(source)
    for name in ("node_modules/x/index.js", "dist/index.html", "src/made.ts"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("generated")
    assert web_build.source_key(source) == key
    (source / "src/app.ts").write_text("export {};")
    changed = web_build.source_key(source)
    (source / "src/app.ts").rename(source / "src/main.ts")
    assert len({key, changed, web_build.source_key(source)}) == 3


def test_the_source_is_not_touched(folder: Path, source: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*")}
    build(folder, source)
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == before


def test_the_last_two_builds_are_kept(folder: Path, source: Path) -> None:
    keys = []
    for number in range(3):
        (source / "number.txt").write_text(str(number))
        keys.append(build(folder, source))
    assert web_builds.current(folder).builds == (keys[2], keys[1])
    assert [(folder / key).exists() for key in keys] == [False, True, True]
    (source / "number.txt").write_text("1")
    assert build(folder, source) == keys[1]
    assert web_builds.current(folder).builds == (keys[1], keys[2])


def test_compressed_copies_lie_beside_what_becomes_smaller(folder: Path, source: Path) -> None:
    built = folder / build(folder, source)
    names = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    assert {"assets/index-a1.js.br", "assets/index-a1.js.gz", "index.html.br"} <= names
    assert not {"assets/font-a1.woff2.br", "assets/font-a1.woff2.gz"} & names


def test_a_build_for_an_image_goes_to_another_folder(folder: Path, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "image"
    key = web_build.build(folder, ENVIRONMENT, out=out, source=source)
    assert sorted(path.name for path in out.iterdir()) == sorted([key, web_builds.CURRENT])
    assert not (folder / web_builds.CURRENT).exists()
    assert out.joinpath(web_builds.CURRENT).stat().st_mode & 0o044 == 0o044


def test_the_tools_get_no_secrets(folder: Path, source: Path) -> None:
    secrets = {"SIGNING_KEY": "s1", "DATABASE_URL": "s2", "AWS_SECRET_ACCESS_KEY": "s3", "PYTHONPATH": "s4"}
    built = folder / build(folder, source, https_proxy="http://proxy", **secrets)
    got = json.loads((built / "environment.json").read_text())
    assert not secrets.keys() & got.keys()
    assert got["https_proxy"] == "http://proxy"


def test_two_builds_of_one_source_are_compared(folder: Path, source: Path) -> None:
    (source / "build.mjs").write_text(GOOD.replace("JSON.stringify(process.env)", '"{}"'))
    web_dev.require_equal_builds(folder, ENVIRONMENT, source)
    (source / "build.mjs").write_text(GOOD.replace("JSON.stringify(process.env)", "`${Math.random()}`"))
    with pytest.raises(Trouble, match=r"differ: environment\.json"):
        web_dev.require_equal_builds(folder, ENVIRONMENT, source)


# --- failures ------------------------------------------------------------------------------------------


def test_a_failed_build_names_its_step_and_keeps_the_one_before(folder: Path, source: Path) -> None:
    good = build(folder, source)
    (source / "build.mjs").write_text(BAD)
    with pytest.raises(BuildFailed, match="the colour is wrong") as failure:
        build(folder, source)
    assert "building failed" in str(failure.value)
    assert web_builds.progress(folder) == Progress(Step.build, Fault.failed)
    assert web_builds.current(folder).builds == (good,)
    (source / "build.mjs").write_text(GOOD)
    assert build(folder, source) == good
    assert not (folder / web_builds.PROGRESS).exists()


def test_a_build_without_a_page_fails(folder: Path, source: Path) -> None:
    (source / "build.mjs").write_text("")
    with pytest.raises(BuildFailed, match=r"no index\.html"):
        build(folder, source)


def test_a_missing_network_is_named(folder: Path, tmp_path: Path) -> None:
    source = put_source(tmp_path / "needy", needs="left-pad")
    nowhere = {"npm_config_registry": "http://127.0.0.1:1/", "npm_config_cache": str(tmp_path / "cache")}
    with pytest.raises(BuildFailed, match="connect to the internet"):
        build(folder, source, npm_config_fetch_retries="0", **nowhere)
    assert web_builds.progress(folder) == Progress(Step.packages, Fault.no_network)


@pytest.mark.parametrize("uv", [node.find_uv(), None])
def test_a_missing_network_is_named_by_every_installer(folder: Path, uv: str | None) -> None:
    folder.mkdir()
    nowhere = "http://127.0.0.1:1/simple"
    environment = {
        **ENVIRONMENT,
        "UV_DEFAULT_INDEX": nowhere,
        "UV_NO_CACHE": "1",
        "UV_NO_CONFIG": "1",
        "UV_HTTP_RETRIES": "0",
        "PIP_INDEX_URL": nowhere,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
    }
    tools = web_build.Tools(folder / "log", environment)
    with pytest.raises(BuildFailed) as failure:
        tools.run([*node.installer(uv), *node.locked(folder / "node")])
    assert failure.value.fault is Fault.no_network


def test_an_interrupted_installation_of_packages_is_repeated(folder: Path, source: Path) -> None:
    build(folder, source)
    (folder / "work/web/node_modules/.installed").unlink()
    (source / "new.txt").touch()
    build(folder, source)
    assert (folder / "work/web/node_modules/.installed").exists()


def test_a_copy_without_the_app_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no web app"):
        build(folder, tmp_path)


# --- Node.js -------------------------------------------------------------------------------------------


def fake_node(folder: Path, version: str, *, npm: bool = True) -> Path:
    folder.mkdir()
    for name in ("node", "npm") if npm else ("node",):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("version", "npm", "taken"),
    [("v22.12.0", True, True), ("v24.1.0", True, True), ("v22.11.0", True, False), ("v20.20.2", True, False),
     ("v24.1.0", False, False), ("nonsense", True, False)],
)  # fmt: skip
def test_a_machine_with_a_new_node_uses_it(tmp_path: Path, version: str, npm: bool, taken: bool) -> None:
    found = fake_node(tmp_path / "bin", version, npm=npm)
    assert (node.on_machine({"PATH": str(found)}) == found) is taken


def test_a_machine_without_node_has_none() -> None:
    assert node.on_machine({"PATH": ""}) is None


@pytest.mark.slow
def test_node_is_installed_from_its_lock_once(folder: Path) -> None:
    folder.mkdir()
    tools = web_build.Tools(folder / "log", web_build.tool_environment(os.environ))
    found = node.install(folder, tools.run)
    assert node.install(folder, lambda _: pytest.fail("installed again")) == found
    commands = node.commands(folder / "a bin", found)
    for name in ("node", "npm"):
        assert re.match(
            r"v?\d+\.", subprocess.run([commands / name, "--version"], capture_output=True, text=True).stdout
        )
    assert node.version(commands / "node") >= node.OLDEST


def test_pip_can_install_it_where_uv_is_missing() -> None:
    python, *rest = node.installer(None)
    assert rest[:3] == ["-m", "pip", "install"]
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0


# --- processes -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A separate checkout without an app."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(CHECKOUT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("migrations", "requirements", "docs"):
        (folder / name).symlink_to(CHECKOUT / name)
    return folder


@pytest.fixture
def checkout(copy: Path) -> Path:
    """A separate checkout with a small app."""
    put_source(copy / "web")
    return copy


def with_web_app(checkout: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(checkout / "src"), "WEB": "on"}


def start(checkout: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    variables = own_environment(PYTHONPATH=str(checkout / "src"), **environment)
    command = [sys.executable, "-m", "studyteddy", *words]
    return subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Shells start what they run in the background with SIGINT ignored, which every process below inherits.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.slow
def test_concurrent_builds_are_one(checkout: Path, tmp_path: Path) -> None:
    words = ["web", "build", f"--data-dir={tmp_path / 'data'}"]
    counter = tmp_path / "counter"
    started = [start(checkout, *words, npm_config_counter=str(counter)) for _ in range(3)]
    outputs = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs
    assert counter.read_text() == "built\n"
    assert sum("step 1 of 4" in output for output in outputs) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_build_leaves_nothing_behind(checkout: Path, tmp_path: Path, number: signal.Signals) -> None:
    (checkout / "web/build.mjs").write_text(ENDLESS)
    pids = tmp_path / "pids"
    process = start(checkout, "web", "build", f"--data-dir={tmp_path / 'data'}", npm_config_pids=str(pids))
    eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2, within=60)
    running = [int(pid) for pid in pids.read_text().split()]
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode != 0
    eventually(lambda: not any(is_running(pid) for pid in running), within=5)
    assert not (tmp_path / "data/web" / web_builds.PROGRESS).exists()


@pytest.mark.slow
def test_a_failed_build_is_reported_without_a_traceback(checkout: Path, tmp_path: Path) -> None:
    (checkout / "web/build.mjs").write_text(BAD)
    process = start(checkout, "web", "build", f"--data-dir={tmp_path / 'data'}")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert "building failed" in output
    assert "the colour is wrong" in output
    assert "Traceback" not in output


def page(up: Running) -> tuple[int, str]:
    """Return the status and text of the start page."""
    answer = httpx2.get(f"http://127.0.0.1:{up.port}/", headers={"accept": "text/html"}, trust_env=False, timeout=20)
    return answer.status_code, answer.text


@pytest.mark.slow
def test_up_serves_the_app_once_it_is_built(teddy: Teddy, checkout: Path, open_folder: Path) -> None:
    data_dir, environment = open_folder / "data", with_web_app(checkout)
    up = teddy.up(data_dir, environment=environment)
    up.wait_until_up()
    seen = []

    def is_served() -> bool:
        status, text = page(up)
        seen.append(status)
        return status == 200 and web_build.source_key(checkout / "web") in text

    eventually(is_served, within=60)
    assert set(seen) <= {503, 200}
    assert "step 3 of 4" in up.output()
    up.stop()
    again = teddy.up(data_dir, environment=environment)
    again.wait_until_up()
    assert page(again)[0] == 200
    eventually(lambda: "Study Teddy is running" in again.output(), within=10)
    assert "step 1 of 4" not in again.output()


@pytest.mark.slow
def test_a_build_that_fails_does_not_harm_the_api(teddy: Teddy, checkout: Path, open_folder: Path) -> None:
    (checkout / "web/build.mjs").write_text(BAD)
    up = teddy.up(open_folder / "data", environment=with_web_app(checkout))
    up.wait_until_up()
    eventually(lambda: "building failed" in up.output(), within=60)
    parts = up.parts()
    status, text = page(up)
    assert status == 503
    assert "This step failed: Building the app." in text
    time.sleep(1)
    assert up.parts() == parts
    # The page of the running program follows a build by hand.
    (checkout / "web/build.mjs").write_text(GOOD)
    process = start(checkout, "web", "build", f"--data-dir={open_folder / 'data'}")
    assert process.wait(60) == 0
    process.communicate()
    assert page(up)[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_build_ends_with_up(
    teddy: Teddy, checkout: Path, open_folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    (checkout / "web/build.mjs").write_text(ENDLESS)
    pids = tmp_path / "pids"
    environment = with_web_app(checkout) | {"npm_config_pids": str(pids)}
    up = teddy.up(open_folder / "data", environment=environment)
    eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2, within=90)
    running = [int(pid) for pid in pids.read_text().split()]
    parts = up.parts().values()
    assert all(os.getpriority(os.PRIO_PROCESS, pid) == 19 for pid in running)
    started = time.monotonic()
    up.process.send_signal(number)
    up.process.wait(60)
    eventually(lambda: not any(is_running(pid) for pid in running), within=10)
    assert time.monotonic() - started < 30
    eventually(lambda: not any(is_running(pid) for pid in parts), within=10)  # before their folder is deleted


@pytest.mark.slow
def test_the_web_app_can_be_switched_off(teddy: Teddy, checkout: Path, open_folder: Path) -> None:
    environment = {"PYTHONPATH": str(checkout / "src"), "WEB": "off"}
    up = teddy.up(open_folder / "data", environment=environment)
    up.wait_until_up()
    eventually(lambda: "Study Teddy is running" in up.output(), within=10)
    time.sleep(1)
    assert page(up)[0] == 404
    assert "web app:" not in up.output()
    assert not (open_folder / "data/web").exists()
