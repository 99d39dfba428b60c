"""The committed manifests: valid, up to date, and as safe as the house rules say."""

import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.embedded.postgres import LOGS_NO_VALUES
from shared.errors import ConfigurationError
from shared.run.discovery import ALL, SERVICES, port_of, settings_of
from shared.settings import DatabaseSettings, HttpSettings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
RENDERED = KUBERNETES / "rendered"
OVERLAYS = sorted(folder.name for folder in (KUBERNETES / "overlays").iterdir() if folder.is_dir())
VERSIONS = ("1.32", "1.34")  # the oldest and the newest that the manifests are written for

Manifest = dict[str, Any]


def load(overlay: str) -> list[Manifest]:
    return [found for found in yaml.safe_load_all((RENDERED / f"{overlay}.yaml").read_text("utf-8")) if found]


def named(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def pod_specs(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for manifest in manifests:
        if "template" in manifest.get("spec", {}):
            yield named(manifest), manifest["spec"]["template"]["spec"]


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, spec in pod_specs(manifests):
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            yield f"{name}/{container['name']}", container


def image_names() -> dict[str, str]:
    lines = (ROOT / "deploy" / "images" / "versions.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return load(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_fits_the_schemas_of_kubernetes(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_refused() -> None:
    deployment = next(found for found in load("local") if found["kind"] == "Deployment")
    deployment["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


def test_the_committed_manifests_are_what_the_sources_render() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("NOT DONE: no kubectl here, so the committed manifests were not compared with their sources")
    for overlay in OVERLAYS:
        source = KUBERNETES / "overlays" / overlay
        again = subprocess.run(["kubectl", "kustomize", source], check=True, capture_output=True, text=True)  # noqa: S607
        assert again.stdout == (RENDERED / f"{overlay}.yaml").read_text("utf-8"), "run deploy/kubernetes/render"


def test_no_secret_is_in_the_manifests(manifests: list[Manifest]) -> None:
    assert not [named(found) for found in manifests if found["kind"] == "Secret"]
    for name, container in containers(manifests):
        plain = {entry["name"] for entry in container.get("env", ()) if "value" in entry}
        assert not {key for key in plain if re.search(r"PASSWORD$|DSN$|TOKEN$|_KEY$", key)}, name


def test_every_image_is_one_of_versions_env_and_never_latest(manifests: list[Manifest]) -> None:
    known = image_names()
    assert not [name for name, image in known.items() if ":" not in image or image.endswith(":latest")]
    assert {container["image"] for _, container in containers(manifests)} <= set(known.values())


def test_containers_are_confined(manifests: list[Manifest]) -> None:
    """Pod Security `restricted`, and a root file system that cannot be written."""
    for name, container in containers(manifests):
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True, name
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"]), name  # noqa: S108


def test_pods_are_confined(manifests: list[Manifest]) -> None:
    for name, spec in pod_specs(manifests):
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert not [volume["name"] for volume in spec["volumes"] if "hostPath" in volume], name


def test_the_namespace_enforces_what_the_pods_promise(manifests: list[Manifest]) -> None:
    (namespace,) = (found for found in manifests if found["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    elsewhere = [named(m) for m in manifests if m is not namespace and m["metadata"].get("namespace") != "rapport"]
    assert not elsewhere


def test_every_container_asks_for_resources_and_is_limited(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        resources = container["resources"]
        assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}, name


def test_what_runs_on_is_probed(manifests: list[Manifest]) -> None:
    """Jobs and init containers end by themselves; everything else starts, lives and is ready by a probe."""
    for manifest in manifests:
        if manifest["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        for container in manifest["spec"]["template"]["spec"]["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), named(manifest)


@pytest.mark.parametrize("service", ALL)
def test_a_service_is_complete(manifests: list[Manifest], service: str) -> None:
    own = {named(found): found for found in manifests if found["metadata"]["name"] == service}
    kinds = {"Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"}
    assert set(own) >= {f"{kind}/{service}" for kind in kinds}
    pod = own[f"Deployment/{service}"]["spec"]["template"]
    assert pod["spec"]["serviceAccountName"] == service
    (container,) = pod["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["ports"] == [{"name": "http", "containerPort": port_of(service)}]
    assert variables_of(manifests, container)["RAPPORT_HTTP__PORT"] == str(port_of(service))
    assert variables_of(manifests, container)["RAPPORT_AUTH__MODE"] == "jwt"


def variables_of(manifests: list[Manifest], container: Manifest) -> dict[str, str]:
    maps = {found["metadata"]["name"]: found["data"] for found in manifests if found["kind"] == "ConfigMap"}
    read = [maps[source["configMapRef"]["name"]] for source in container["envFrom"]]
    return {name: value for settings in read for name, value in settings.items()}


def secrets_of(service: str) -> dict[str, str]:
    """The files that the service finds in its mounted secret, with something that each may hold."""
    made = yaml.safe_load((KUBERNETES / "overlays" / "local" / "credentials" / "kustomization.yaml").read_text("utf-8"))
    files = {each["name"]: each["files"] for each in made["secretGenerator"]}
    named = [Path(file).name for kind in ("database", "login") for file in files.get(f"{service}-{kind}", ())]
    dsn, key = "postgresql://role:password@host/database-and-32-characters", urlsafe_b64encode(bytes(32)).decode()
    return {name: key if name.endswith("__keys") else dsn for name in named}


@pytest.mark.parametrize("service", ALL)
def test_what_a_service_needs_is_set_by_its_configuration_and_its_secret(
    manifests: list[Manifest], service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container = next(found for name, found in containers(manifests) if name == f"Deployment/{service}/service")
    for name in [name for name in os.environ if name.startswith("RAPPORT_")]:
        monkeypatch.delenv(name)
    for name, value in variables_of(manifests, container).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    secrets = secrets_of(service)
    for key, value in secrets.items():
        (tmp_path / key).write_text(value)
    settings = settings_of(service)()
    if service == "marketing":
        own = getattr(settings, service)
        assert own.public_url
        assert own.unsubscribe_secret is not None, "a letter says how to unsubscribe"
    for key, value in secrets.items():
        (tmp_path / key).unlink()
        with pytest.raises(ConfigurationError):
            settings_of(service)()
        (tmp_path / key).write_text(value)


@pytest.mark.parametrize("service", ALL)
def test_every_setting_is_one_that_the_service_knows(
    manifests: list[Manifest], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = next(found for name, found in containers(manifests) if name == f"Deployment/{service}/service")
    for name in [name for name in os.environ if name.startswith("RAPPORT_")]:
        monkeypatch.delenv(name)
    secrets = {f"RAPPORT_{key.removeprefix('rapport_').upper()}": value for key, value in secrets_of(service).items()}
    given = {**variables_of(manifests, container), **secrets}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = settings_of(service)()
    for name in given:
        read = settings
        for part in name.removeprefix("RAPPORT_").lower().split("__"):
            assert part in type(read).model_fields, f"{name} is not a setting of {service}"
            read = getattr(read, part)


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_migration_sees_the_owner_of_the_database(manifests: list[Manifest], service: str) -> None:
    (spec,) = (spec for name, spec in pod_specs(manifests) if name == f"Deployment/{service}")
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
    seen = {
        container["name"]: {secrets[mount["name"]] for mount in container["volumeMounts"] if mount["name"] in secrets}
        for container in (*spec["initContainers"], *spec["containers"])
    }
    assert seen == {"migrate": {f"{service}-database-owner"}, "service": {f"{service}-database"}}


@pytest.mark.parametrize("group", [HttpSettings, DatabaseSettings])
def test_the_limits_of_a_service_stand_in_its_manual(group: type[HttpSettings | DatabaseSettings]) -> None:
    text = (ROOT / "docs" / "operations" / "deploy.md").read_text("utf-8")
    prefix = f"RAPPORT_{group.__name__.removesuffix('Settings').upper()}__"
    told = dict(re.findall(rf"^\| `{prefix}(\w+)` \| (\S+)", text, re.MULTILINE))
    limits = {name.upper(): field.default for name, field in group.model_fields.items() if "dsn" not in name}
    assert told.keys() == limits.keys()
    assert {name: each for name, each in told.items() if name not in {"HOST", "PORT"}} == {
        name: f"{limit:g}" if isinstance(limit, float) else str(limit)
        for name, limit in limits.items()
        if name not in {"HOST", "PORT"}
    }


def test_every_selector_finds_a_pod_and_only_the_defaults_select_all(manifests: list[Manifest]) -> None:
    pods = [m["spec"]["template"]["metadata"]["labels"] for m in manifests if "template" in m.get("spec", {})]
    for manifest in manifests:
        match manifest["kind"]:
            case "Service":
                wanted = manifest["spec"]["selector"]
            case "PodDisruptionBudget" | "Deployment" | "StatefulSet":
                wanted = manifest["spec"]["selector"]["matchLabels"]
            case "NetworkPolicy":
                wanted = manifest["spec"]["podSelector"].get("matchLabels", {})
            case _:
                continue
        assert wanted or manifest["metadata"]["name"] in {"default-deny", "names"}, named(manifest)
        assert any(wanted.items() <= labels.items() for labels in pods), named(manifest)


def test_the_provisioned_topics_are_those_of_the_one_list(manifests: list[Manifest]) -> None:
    (job,) = (spec for name, spec in pod_specs(manifests) if name == "Job/topics")
    mounted = {volume["configMap"]["name"] for volume in job["volumes"] if "configMap" in volume}
    (topics,) = (found for found in manifests if found["kind"] == "ConfigMap" and found["metadata"]["name"] in mounted)
    assert topics["data"]["topics.yaml"] == (ROOT / "deploy" / "kafka" / "topics.yaml").read_text("utf-8")


def test_a_postgres_of_ours_logs_no_values(manifests: list[Manifest]) -> None:
    """As the embedded one, which is tried with statements that fail."""
    (server,) = (container for name, container in containers(manifests) if name == "StatefulSet/postgres/postgres")
    assert {f"-c{name}={value}" for name, value in LOGS_NO_VALUES.items()} <= set(server["args"])
