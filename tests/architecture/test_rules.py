"""Rules of the house that no linter sees. Each first asserts that it found something to check."""

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

import backend
from backend.config import celery_settings
from backend.config.celery import app as celery_app
from ml_worker.contract import messages

ROOT = Path(backend.__file__).parent
LAYERS = [
    "core",
    "audit",
    "accounts",
    "imaging",
    "projects",
    "annotations",
    "releases",
    "inference",
    "worklists",
    "exports",
    "api",
]
OUTSIDE = {"contenttypes", "auth", "sessions"}


def level(label):
    return -1 if label in OUTSIDE else LAYERS.index(label)


def test_relations_between_models_point_down_the_layers():
    relations = [
        (model._meta.label, field.name, level(model._meta.app_label), field.related_model)
        for model in apps.get_models()
        if model.__module__.startswith("backend.")
        for field in model._meta.get_fields()
        if isinstance(field, (models.ForeignKey, models.ManyToManyField, models.OneToOneField))
    ]

    assert len(relations) > 20
    upward = [
        (label, name) for label, name, own, to in relations if level(to._meta.app_label) > own
    ]
    assert upward == []


def test_migrations_depend_down_the_layers_only():
    loader = MigrationLoader(None)
    pairs = {
        (key[0], parent[0])
        for key, migration in loader.disk_migrations.items()
        for parent in migration.dependencies
        if key[0] in LAYERS and parent[0] not in {key[0], "__setting__"}
    }

    assert len(pairs) > 5
    assert [pair for pair in pairs if level(pair[1]) > level(pair[0])] == []


def task_names():
    """Return every constant of every `task_names.py`, as (module, name, value)."""
    found = []
    for info in pkgutil.iter_modules([str(ROOT)]):
        try:
            module = importlib.import_module(f"backend.{info.name}.task_names")
        except ModuleNotFoundError:
            continue
        found += [
            (module.__name__, key, value) for key, value in vars(module).items() if key.isupper()
        ]
    return found


def registered():
    celery_app.loader.import_default_modules()
    celery_app.autodiscover_tasks(force=True)
    return set(celery_app.tasks)


def model_worker_kinds():
    """Return the job kinds that model workers take; they are no tasks of ours."""
    return {
        model.model_fields["kind"].default
        for model in vars(messages).values()
        if isinstance(model, type) and "kind" in getattr(model, "model_fields", {})
    }


def test_every_named_task_is_registered_here_or_is_the_model_workers():
    named = task_names()

    assert len(named) >= 4
    assert len(model_worker_kinds()) >= 4
    elsewhere = {"ml_worker.run"} | model_worker_kinds()
    assert {value for _, _, value in named} - registered() - elsewhere == set()


def test_every_registered_task_has_its_name_in_task_names():
    own = {name for name in registered() if not name.startswith("celery.")}

    assert len(own) >= 3
    assert own - {value for _, _, value in task_names()} == set()


def test_scheduled_tasks_exist():
    scheduled = {entry["task"] for entry in celery_settings.beat_schedule.values()}

    assert scheduled
    assert scheduled - registered() == set()


@pytest.mark.parametrize(
    "module", ["backend.config.wsgi", "backend.config.celery", "backend.config.events"]
)
def test_no_process_but_the_model_worker_loads_torch(module):
    """Import it as the server does, walk the routes too, and look at what came along."""
    heavy = {"torch", "torchvision", "monai", "onnxruntime", "segment_anything"}

    assert (
        heavy & loaded_by(f"import {module}, django; django.setup(); import backend.config.urls")
        == set()
    )


def test_the_web_process_starts_without_what_few_requests_need():
    """Each of these costs a tenth of a second of the start, and memory for ever."""
    rare = {"boto3", "pynetdicom", "httpx", "redis", "highdicom", "nibabel", "scipy", "imagecodecs"}
    rare |= {"pycocotools", "py7zr", "tifffile", "av"}

    assert rare & loaded_by("import backend.config.wsgi") == set()


def loaded_by(program):
    """Return the names of all modules that a process has after these statements."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        cwd=ROOT.parent,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = set(done.stdout.split())
    assert len(names) > 500
    return names


def sources():
    return [path for path in ROOT.rglob("*.py") if "migrations" not in path.parts]


def test_files_and_functions_stay_small():
    long_files, long_functions, functions = [], [], 0
    for path in sources():
        text = path.read_text()
        if text.count("\n") > 400:
            long_files.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions += 1
                if length(node) > 40:
                    long_functions.append(f"{path}:{node.lineno} {node.name} {length(node)}")

    assert functions > 200
    assert (long_files, long_functions) == ([], [])


def length(node):
    """Return the lines of a function's body without its docstring."""
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return node.end_lineno - body[0].lineno + 1 if body else 0


def test_rows_are_locked_and_saved_explicitly():
    """`select_for_update` says `no_key`; `save` says which fields, or that it inserts."""
    calls, loose = 0, []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            given = {keyword.arg for keyword in node.keywords}
            if node.func.attr == "select_for_update":
                calls += 1
                if "no_key" not in given:
                    loose.append(f"{path}:{node.lineno}")
            if node.func.attr == "save" and is_django_save(node, given):
                calls += 1
                if not given & {"update_fields", "force_insert"}:
                    loose.append(f"{path}:{node.lineno}")

    assert calls > 3
    assert loose == []


def is_django_save(node, given):
    """Tell a model's `save`, which takes keywords only, from those of images and arrays."""
    return not node.args and not given & {"format", "fp"}
