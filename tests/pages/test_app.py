"""The app without a browser: what a visitor's choices ask for, and what the page says."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attribution_core import Classifier, Contrast, Grid, Slic, explanation, load_image
from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import DownloadError, DownloadProgress
from pages.ui.newcomer import prepare_for_newcomer
from pages.ui.worker.engine import NOT_HERE, Engine, engine
from tests.pages.visits import Visit
from tests.patience import UNCHANGED

LONG = {
    "layer": "input",
    "methods": "kernel_shap",
    "classes": "285",
    "kernel_shap.budget": "100000",
}
"""Takes minutes."""


# --- what a newcomer finds ------------------------------------------------------------------------


@pytest.mark.usefixtures("new_engine")
def test_the_first_run_shows_the_picture_and_the_controls() -> None:
    first = Visit().run()
    try:
        assert [choice.label for choice in first.app.sidebar.selectbox][:1] == ["Model"]
        assert {"Method", "Target class"} <= {each.label for each in first.app.multiselect}
        (gallery,) = (
            data
            for part in first.app.get("bidi_component")
            if "pictures" in (data := json.loads(part.proto.json))
        )
        assert gallery["chosen"] == "cat_coffee"
        assert len(gallery["pictures"]) >= 6
        # The picture and the reference are there before the model is.
        strips = (part.proto.body for part in first.app.get("html"))
        (strip,) = (each for each in strips if 'class="picture-strip"' in each)
        assert strip.count("<img") == 2
        # So is the grid, a row a class and a column a method.
        assert first.labels[0] == ["Egyptian cat", "espresso"]
        assert len(first.cells) == 2 * len(first.labels[1])
        assert first.app.button(key="cancel")
        assert first.scene.settings.model == "vgg16_cam"
        assert first.scene.settings.layer == "block5_conv3"
        # Nobody who has not asked for VGG16 hears of its weights, but for one line that offers it.
        assert "weights" not in first.words + sidebar_words(first)
        offer = first.app.button(key="download_vgg16")
        assert offer.label == "VGG16: download (553 MB)"
        assert first.scene.model.kind in sidebar_words(first)
    finally:
        first.leave()


def test_what_a_newcomer_sees_is_there_before(visit: Callable[..., Visit]) -> None:
    prepare_for_newcomer(engine())
    first = Visit().run()
    try:
        assert first.labels[0] == ["Egyptian cat", "espresso"]
        assert first.statuses == ["done"] * 8
        assert len(first.maps) == 8
        assert first.scene.prediction is not None
        # Both are in the picture, and among the top five.
        assert {285, 967} < set(first.scene.prediction.top(5))
        # Nothing is waited for: the page is drawn once.
        assert not [button for button in first.app.button if button.key == "cancel"]
    finally:
        first.leave()


# --- VGG16, whose weights are not here ------------------------------------------------------------


def sidebar_words(page: Visit) -> str:
    sidebar = page.app.sidebar
    texts = [str(part.value) for part in sidebar.caption]
    texts += [str(part.proto.text) for part in sidebar.get("progress")]
    return "\n".join(texts).replace("\\", "")


def test_networks_to_download_are_offered_last_with_their_size_and_start_nothing(
    visit: Callable[..., Visit],
) -> None:
    page = visit(model="inception_v3").run()
    (models,) = (each for each in page.app.sidebar.selectbox if each.label == "Model")
    shipped, others = models.options[:2], models.options[2:]
    assert shipped == ["VGG16 (CAM head, built in)", "EfficientNet-Lite0 (built in)"]
    assert len(others) == len(KERAS_APPLICATIONS)
    assert "InceptionV3 · 95 MB to download" in others
    assert all(each.endswith("MB to download") for each in others)
    assert "InceptionV3 cannot be used: Its weights are not here yet." in page.words
    words = sidebar_words(page)
    assert "About 95 MB, pictures of 299×299, prepared as −1..1; Szegedy et al., 2015." in words
    assert page.app.button(key="download_inception_v3").label == "Download InceptionV3 (95 MB)"
    assert engine().downloads.look("inception_v3", page.scene.settings.model).state == "unknown"
    # A link's unknown name is refused in a sentence, and another network shown.
    unknown = visit(model="resnet5000").run()
    assert "resnet5000" in unknown.words
    assert unknown.scene.model.name == "vgg16_cam"


def test_where_downloads_are_off_nothing_is_offered() -> None:
    off = Engine({"ATTRIBUTION_DOWNLOADS": "off", "KERAS_HOME": "/nowhere"})
    try:
        missing = {each.name: each.missing for each in off.models()}
        assert missing["resnet50"] == "Its weights are not here, and this server fetches none."
        assert missing["vgg16_cam"] == ""
        assert NOT_HERE not in missing.values()
        assert off.default_model().name == "vgg16_cam"
    finally:
        off.jobs.close(UNCHANGED)
        off.downloads.close(UNCHANGED)


def test_a_network_that_is_here_comes_with_the_others(tmp_path: Path) -> None:
    for name in ("vgg16", "xception"):
        file = tmp_path / "models" / KERAS_APPLICATIONS[name].file
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"weights")
    some = Engine({"KERAS_HOME": str(tmp_path)})
    try:
        names = [each.name for each in some.models()]
        assert names[:5] == ["vgg16", "vgg16_cam", "efficientnet_lite0", "clever_hans", "xception"]
        assert some.default_model().name == "vgg16"
    finally:
        some.jobs.close(UNCHANGED)
        some.downloads.close(UNCHANGED)


def test_a_failed_download_is_told_to_whoever_asked_for_it(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(model: str) -> Iterator[DownloadProgress]:
        yield DownloadProgress(1_000_000, 553_000_000)
        raise DownloadError("The server cannot be reached.")

    monkeypatch.setattr(engine().downloads, "_start", refused)
    other = visit().finish()
    asking = visit(model="vgg16").run()
    assert "VGG16 cannot be used: Its weights are not here yet." in asking.words
    assert not asking.cells
    asking.press("download_vgg16").wait(lambda: "cannot be reached" in sidebar_words(asking))
    assert asking.app.button(key="download_vgg16")
    # Elsewhere all is quiet, at VGG16's entry as well.
    assert other.run().statuses == ["done"]
    assert "reached" not in other.words + sidebar_words(other)
    other.choose("selectbox", "model", "vgg16")
    assert other.app.button(key="download_vgg16")
    assert "reached" not in other.words + sidebar_words(other)
    # Nor is the page of the one who asked marked, once it shows another model.
    asking.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert asking.statuses == ["done"]
    assert not [*asking.app.info, *asking.app.warning, *asking.app.error]
    assert "could not be downloaded" in sidebar_words(asking)


def test_a_download_is_shown_at_the_models_entry_and_can_be_cancelled(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = threading.Event()

    def endless(model: str) -> Iterator[DownloadProgress]:
        try:
            while True:
                time.sleep(0.01)
                yield DownloadProgress(55_300_000, 553_000_000)
        finally:
            cancelled.set()

    monkeypatch.setattr(engine().downloads, "_start", endless)
    page = visit(model="vgg16").run()
    page.press("download_vgg16").wait(lambda: "55 of 553 MB" in sidebar_words(page))
    # Another model can be looked at meanwhile.
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert page.statuses == ["done"]
    assert "55 of 553 MB" in sidebar_words(page)
    page.press("cancel_download")
    assert cancelled.wait(UNCHANGED)
    page.run()
    assert "of 553 MB" not in sidebar_words(page)
    page.choose("selectbox", "model", "vgg16")
    assert "goes on where it stopped" in sidebar_words(page)


def test_maps_come_with_captions_and_the_controls_stay(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(methods="gradient,integrated_gradients,kernel_shap", classes="285,967").finish()
    assert page.statuses == ["done"] * 6
    assert len(page.maps) == 6
    page.expect_maps_of(efficientnet)
    cost, sums = page.cells[1]["caption"]
    assert re.fullmatch(r"[\d.]+ (ms|s) · \d+ evaluations?", cost)
    assert re.fullmatch(r"sums to .* · should be .* · gap [\d.]+ %", sums)
    estimated = r"49 positions · [\d.]+ m?s · (estimated, ± [\d.]+: )?\d+ evaluations"
    assert re.fullmatch(estimated, page.cells[2]["caption"][0])
    assert not [button for button in page.app.button if button.key == "cancel"]
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Interactive HTML", "Arrays as NPZ"]
    assert page.scene.prediction is not None
    assert page.scene.prediction.top(1) == (285,)


def test_a_page_that_is_run_without_the_app_goes_back_through_it() -> None:
    # Streamlit runs the files of `pages` on their own until it has seen `st.navigation`: a server
    # at its first request, and AppTest from the second run on.
    page = Visit(model="efficientnet_lite0", methods="gradient")
    try:
        for _ in range(3):
            page.run()
            assert page.app.sidebar.selectbox[0].label == "Model"
            assert page.cells
    finally:
        page.leave()


def test_a_second_visitor_gets_the_same_maps_at_once(visit: Callable[..., Visit]) -> None:
    first = visit(methods="integrated_gradients").finish()
    second = visit(methods="integrated_gradients").run()
    assert second.statuses == ["done"]
    assert second.cells[0]["caption"] == first.cells[0]["caption"]
    assert second.cells[0]["map"] == first.cells[0]["map"]


# --- every control changes what is asked for ------------------------------------------------------


def test_methods_and_classes_make_the_grid(visit: Callable[..., Visit]) -> None:
    page = visit().finish()
    assert page.labels == (["Egyptian cat"], ["Gradient"])
    page.choose("multiselect", "methods", ["gradient", "grad_cam"]).finish()
    assert page.labels == (["Egyptian cat"], ["Gradient", "Grad-CAM"])
    page.choose("multiselect", "classes", [285, 967, 1]).finish()
    assert page.labels[0] == ["Egyptian cat", "espresso", "goldfish"]
    asked = [(request.target, request.method) for request in page.requests]
    assert asked == [(t, m) for t in (285, 967, 1) for m in ("gradient", "grad_cam")]
    assert page.statuses == ["done"] * 6
    assert len({cell["map"]["id"] for cell in page.cells}) == 6


def test_classes_follow_the_choice(visit: Callable[..., Visit]) -> None:
    page = visit(class_choice="top5").finish()
    assert page.scene.prediction is not None
    assert page.scene.classes == page.scene.prediction.top(5)
    assert len(page.cells) == 5
    page.choose("button_group", "class_choice", "suggested").finish()
    assert page.scene.classes == (285, 967)
    # Naming one makes the choice one's own, which then stays.
    page.choose("multiselect", "classes", [285, 967, 7]).finish()
    assert page.scene.settings.class_choice == "own"
    assert page.scene.classes == (285, 967, 7)
    page.run()
    assert page.scene.classes == (285, 967, 7)


@pytest.mark.parametrize(
    ("kind", "key", "value", "attribute", "expected"),
    [
        ("selectbox", "layer", "input", "layer", "input"),
        ("selectbox", "reference", "white", "reference", "white"),
        ("selectbox", "reference", "zeros", "reference", "zeros"),
        ("button_group", "score", "probability", "score", "probability"),
        ("slider", "count", 30, "segmentation", 30),
        ("number_input", "seed", 3, "seed", 3),
        ("number_input", "kernel_shap.budget", 68, "options", ("budget", 68)),
    ],
)
def test_a_control_changes_the_request_and_the_map(
    visit: Callable[..., Visit],
    efficientnet: Classifier,
    kind: str,
    key: str,
    value: object,
    attribute: str,
    expected: Any,
) -> None:
    page = visit(methods="kernel_shap", layer="block5c_add", **{"kernel_shap.budget": "64"})
    page.finish()
    (before,), (cell,) = page.requests, page.cells
    page.choose(kind, key, value).finish()
    (after,), (changed,) = page.requests, page.cells
    found = getattr(after, attribute)
    assert expected in found if attribute == "options" else found == expected
    assert getattr(before, attribute) != found
    assert changed["status"] == "done"
    assert changed["map"] != cell["map"]
    page.expect_maps_of(efficientnet)


def test_superpixels_and_grids_at_the_input(visit: Callable[..., Visit]) -> None:
    page = visit(methods="lime", layer="input", count="9", **{"lime.samples": "20"}).finish()
    assert page.requests[0].segmentation == Slic(9, 10.0)
    page.choose("number_input", "compactness", 3.0)
    assert page.requests[0].segmentation == Slic(9, 3.0)
    page.choose("button_group", "segmentation", "grid").finish()
    assert page.requests[0].segmentation == Grid(3, 3)
    (values,) = page.maps
    assert values.shape == (224, 224)
    assert len(np.unique(values)) == 9
    assert page.cells[0]["caption"][0].startswith("9 grid cells · ")


@pytest.mark.parametrize(
    ("choices", "given"),
    [
        ({"layer": "input", "count": "400"}, "Gives 400 superpixels, each connected."),
        (
            {"layer": "input", "count": "50", "segmentation": "grid"},
            "Gives 49 grid cells: 7×7 over 224×224 positions.",
        ),
        ({"layer": "top_relu"}, "Gives 49 positions: the layer's 7×7."),
        (
            {"layer": "top_relu", "count": "11"},
            "Gives 9 grid cells: 3×3 over 7×7 positions.",
        ),
    ],
)
def test_the_sidebar_says_what_the_count_gives(
    visit: Callable[..., Visit], choices: dict[str, str], given: str
) -> None:
    page = visit(**choices).finish()
    assert given in [each.value for each in page.app.sidebar.caption]


def test_options_change_and_go_back_to_the_default(visit: Callable[..., Visit]) -> None:
    page = visit(methods="integrated_gradients").finish()
    page.choose("number_input", "integrated_gradients.steps", 7)
    page.choose("selectbox", "integrated_gradients.rule", "midpoint").finish()
    assert dict(page.requests[0].options)["steps"] == 7
    assert dict(page.requests[0].options)["rule"] == "midpoint"
    assert "7 evaluations" in page.cells[0]["caption"][0]
    assert page.link["integrated_gradients.steps"] == "7"
    # Options of a method that is not chosen stay, for when it is chosen again.
    page.choose("multiselect", "methods", ["gradient"])
    page.choose("multiselect", "methods", ["integrated_gradients"])
    assert dict(page.requests[0].options)["steps"] == 7
    page.choose("number_input", "integrated_gradients.steps", 256)
    assert "integrated_gradients.steps" not in page.link


def test_bfloat16_is_offered_where_it_is_quicker(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The built-in EfficientNet gains nothing by it, whatever the processor."""
    monkeypatch.setattr(engine(), "_bfloat16", True)
    link = {"layer": "block5_conv3", "methods": "lime", "lime.samples": "50"}
    page = visit(model="vgg16_cam", **link)
    page.finish()
    page.choose("toggle", "lime.bfloat16", True).finish()
    assert dict(page.requests[0].options)["bfloat16"] is True
    assert "evaluations in bfloat16" in page.cells[0]["caption"][0]
    assert page.link["lime.bfloat16"] == "yes"
    other = visit(model="efficientnet_lite0", **{**link, "layer": "top_relu"})
    assert "lime.bfloat16" not in [each.key for each in other.finish().app.toggle]


def test_a_link_with_bfloat16_on_a_processor_without_it(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine(), "_bfloat16", False)
    page = visit(
        model="vgg16_cam",
        layer="block5_conv3",
        methods="lime",
        **{"lime.samples": "50", "lime.bfloat16": "yes"},
    ).run()
    assert "is evaluated in float32" in page.words
    page.finish()
    assert dict(page.requests[0].options)["bfloat16"] is False
    assert "lime.bfloat16" not in page.link


def test_display_changes_nothing_but_the_display(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285,967").finish()
    requests, before = page.requests, page.grid
    page.choose("slider", "opacity", 0.4)
    page.choose("button_group", "view", "plain")
    page.choose("toggle", "smooth", False)
    page.choose("slider", "clip", 90.0)
    page.choose("button_group", "scale", "method")
    page.choose("button_group", "colours", "orange-blue")
    assert page.requests == requests
    after = page.grid
    assert after["colours"]["name"] == page.link["colours"] == "orange-blue"
    assert any("Orange speaks for the class" in each.value for each in page.app.caption)
    assert (after["opacity"], after["overlay"], after["smooth"]) == (0.4, False, False)
    first, second = (cell["limit"] for cell in after["cells"])
    assert first == second  # shared by the method
    assert first < max(cell["limit"] for cell in before["cells"])  # clipped lower
    assert [c["map"] for c in after["cells"]] == [c["map"] for c in before["cells"]]


# --- why something is not there -------------------------------------------------------------------


def test_grad_cam_at_the_input_says_why_not(visit: Callable[..., Visit]) -> None:
    page = visit(methods="grad_cam,gradient", layer="input").finish()
    assert page.statuses == ["unavailable", "done"]
    assert "choose an inner layer" in page.cells[0]["message"]
    assert [request.method for request in page.requests] == ["gradient"]


def test_a_class_cannot_be_contrasted_with_itself(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285,967", score="contrast", against="967").finish()
    assert page.statuses == ["done", "unavailable"]
    assert (
        "“espresso” is the class that the others are contrasted with" in (page.cells[1]["message"])
    )
    assert page.requests[0].score == Contrast(967)
    page.choose("selectbox", "against", 285).finish()
    assert page.statuses == ["unavailable", "done"]
    assert page.requests[0].score == Contrast(285)


def test_a_contrast_begins_with_a_rival_of_another_kind_and_follows_the_picture(
    visit: Callable[..., Visit],
) -> None:
    page = visit(class_choice="suggested").finish()
    page.choose("button_group", "score", "contrast").finish()
    assert page.statuses == ["done", "done"]  # no row is empty
    assert page.scene.prediction is not None
    rival = page.scene.settings.against
    assert rival in page.scene.prediction.top(5)
    assert page.scene.labels[rival or 0] == "cup"  # beside tabby and tiger cat
    # It is proposed, not chosen: another picture gets its own.
    assert "against" not in page.link
    page.app.session_state["session"].choices.chosen["picture"] = "rocket"
    page.finish()
    assert page.scene.settings.picture == "rocket"
    assert page.scene.prediction is not None
    assert page.scene.settings.against != rival
    assert page.scene.settings.against in page.scene.prediction.top(5)
    assert set(page.statuses) == {"done"}
    # One that is chosen stays.
    page.choose("selectbox", "against", 2).finish()
    assert page.link["against"] == "2"
    page.app.session_state["session"].choices.chosen["picture"] = "cat_coffee"
    assert page.finish().scene.settings.against == 2


def test_too_many_players_say_what_would_do(visit: Callable[..., Visit]) -> None:
    page = visit(
        methods="shapley_values,gradient", layer="input", **{"shapley_values.players": "0"}
    ).finish()
    assert page.statuses == ["unavailable", "done"]
    assert "at most 16 players at the input, or use KernelSHAP" in page.cells[0]["message"]


def test_nothing_chosen_is_said(visit: Callable[..., Visit]) -> None:
    page = visit().finish()
    page.choose("multiselect", "methods", [])
    assert not page.cells
    assert "Choose a method" in page.words
    page.choose("multiselect", "methods", ["gradient"])
    page.choose("multiselect", "classes", [])
    assert not page.cells
    assert "Choose a target class" in page.words
    # And a reload of that page says the same, without a complaint about the link.
    again = visit(**{"methods": "gradient", "classes": "", **page.link}).finish()
    assert not again.cells
    assert not again.app.toast


# --- links ----------------------------------------------------------------------------------------


def test_a_link_is_restored_and_written(visit: Callable[..., Visit]) -> None:
    link = {
        "model": "efficientnet_lite0",
        "picture": "rocket",
        "class_choice": "own",
        "classes": "657,744",
        "methods": "lime,occlusion",
        "layer": "block4c_add",
        "reference": "blurred",
        "score": "contrast",
        "against": "812",
        "count": "25",
        "seed": "11",
        "lime.samples": "60",
        "occlusion.window": "64",
        "clip": "97.5",
        "view": "plain",
    }
    page = visit(**link).finish()
    assert page.link == link
    assert page.labels == (["missile", "projectile"], ["LIME", "Occlusion"])
    assert page.statuses == ["done"] * 4
    request = page.requests[0]
    assert (request.layer, request.reference, request.seed) == ("block4c_add", "blurred", 11)
    assert request.score == Contrast(812)
    assert dict(request.options)["samples"] == 60
    page.choose("number_input", "lime.samples", 110)
    assert page.link["lime.samples"] == "110"
    page.choose("selectbox", "reference", "black")
    assert "reference" not in page.link


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": "resnet"}, "The link's model = “resnet” is not usable"),
        ({"layer": "block99"}, "cannot be cut at a layer “block99”; block6d_add is shown"),
        ({"classes": "285,5000"}, "no class 5000"),
        ({"classes": "1,2,3,4,5,6,7,8,9"}, "at most 8 classes"),
        ({"seed": "NaN", "clip": "-3"}, "The link's clip"),
        ({"picture": "upload"}, "An uploaded picture cannot travel in a link"),
        ({"against": "5000", "score": "contrast"}, "no class 5000"),
        ({"x": "![x](//evil.example/x.png)"}, "![x](//evil.example/x.png)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_unusable_link_gives_the_default_and_a_sentence(
    visit: Callable[..., Visit], parameters: dict[str, str], sentence: str
) -> None:
    page = visit(**parameters).run()
    said = page.words
    page.finish()
    said += page.words  # some can be told only when the model is there
    assert sentence in said
    assert set(page.statuses) <= {"done", "unavailable"}
    assert "done" in page.statuses
    assert page.scene.settings.layer == page.scene.model.default_layer
    assert not [text for text in page.app.toast if "![" in text.value]  # no picture from elsewhere


def test_zeros_at_the_pixels_are_black_and_said_to_be(visit: Callable[..., Visit]) -> None:
    page = visit(reference="zeros", layer="block6d_add").finish()
    assert page.scene.settings.reference == "zeros"
    assert not page.app.toast
    page = visit(reference="zeros", layer="input").run()
    assert "The pixels have no reference “zeros”; black" in page.words
    assert page.finish().scene.settings.reference == "black"
    assert [request.reference for request in page.requests] == ["black"]


# --- own pictures ---------------------------------------------------------------------------------


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_an_upload_is_turned_upright_and_explained(visit: Callable[..., Visit]) -> None:
    image = Image.new("RGB", (320, 240), "red")
    image.paste("blue", (160, 0, 320, 240))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right: what lies on the left comes to the top
    content = encoded(image, "JPEG", exif=exif, quality=95)
    page = visit(class_choice="suggested").finish()
    page.app.sidebar.file_uploader[0].upload("mine.jpg", content, "image/jpeg")
    page.finish()
    pixels = page.scene.picture.pixels
    np.testing.assert_array_equal(pixels, load_image(content, 224))
    assert pixels[40, 112, 0] > 200 > 50 > pixels[40, 112, 2]
    assert pixels[180, 112, 2] > 200 > 50 > pixels[180, 112, 0]
    assert page.scene.prediction is not None
    assert page.scene.classes == page.scene.prediction.top(2)
    assert page.statuses == ["done"] * 2
    assert page.requests[0].picture == page.scene.picture
    assert page.link["picture"] == "upload"


def hostile_files() -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    picture = encoded(Image.fromarray(noise), "JPEG")
    return {
        "text.png": b"This is not a picture." * 100,
        "empty.png": b"",
        "cut.jpg": picture[: len(picture) // 2],
        "bomb.png": encoded(Image.new("1", (9000, 9000)), "PNG"),
        "page.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    }


@pytest.mark.parametrize("name", list(hostile_files()))
def test_a_bad_file_gives_a_sentence_and_the_old_picture(
    visit: Callable[..., Visit], name: str
) -> None:
    page = visit().finish()
    before = page.scene.picture
    page.app.sidebar.file_uploader[0].upload(name, hostile_files()[name], "image/png")
    page.run()
    (error,) = page.app.error
    assert error.value.endswith("The picture shown is unchanged.")
    assert "Traceback" not in error.value
    assert page.scene.picture == before
    assert page.statuses == ["done"]
    assert "picture" not in page.link


# --- tasks that are stopped, and tasks that fail --------------------------------------------------


def test_cancel_and_resume(visit: Callable[..., Visit]) -> None:
    page = visit(**LONG).run()
    page.wait(lambda: bool(page.maps))
    assert page.statuses == ["running"]
    assert 0 < page.cells[0]["progress"] < 1
    page.press("cancel")
    assert page.statuses == ["cancelled"]
    assert page.maps  # what was there stays
    assert "1 of 1 maps are not finished." in page.words
    page.run()
    assert page.statuses == ["cancelled"]
    page.press("resume").wait(lambda: page.statuses == ["running"])
    # Another choice takes its place at once.
    page.choose("multiselect", "methods", ["gradient"]).finish()
    assert page.statuses == ["done"]


def test_work_that_fails_is_said_in_a_sentence_and_can_be_tried_again(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Iterator[None]:
        raise MemoryError("secret: /home/someone at 0x7f")
        yield

    page = visit(classes="285,7").finish()
    with monkeypatch.context() as patch:
        patch.setattr(explanation, "refine_request", fail)
        page.choose("selectbox", "layer", "block4c_add").finish()
        assert page.statuses == ["failed", "failed"]
        for cell in page.cells:
            assert "could not be computed (MemoryError)" in cell["message"]
            assert cell["map"] is None
        everything = page.words + json.dumps(page.grid)
        assert "Traceback" not in everything
        assert "secret" not in everything
        assert "2 of 2 maps are not finished." in page.words
    page.press("resume").finish()
    assert page.statuses == ["done", "done"]


def test_a_model_that_cannot_be_loaded_is_said(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"PK nothing")
    monkeypatch.setenv("ATTRIBUTION_MODEL", str(broken))
    page = visit().finish()
    page.choose("selectbox", "model", "own").wait(lambda: bool(page.app.error))
    (error,) = page.app.error
    assert "broken.keras" in error.value
    assert "Traceback" not in error.value
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert page.statuses == ["done"]


# --- a model of one's own -------------------------------------------------------------------------


@pytest.mark.usefixtures("own_model")
def test_a_link_to_ones_own_model_keeps_its_classes(visit: Callable[..., Visit]) -> None:
    page = visit(model="own", classes="3,1", layer="top").finish()
    assert page.labels == (["dog", "bee"], ["Gradient"])
    assert page.statuses == ["done", "done"]
    assert page.requests[0].layer == "top"
    assert page.link["classes"] == "3,1"


@pytest.mark.usefixtures("own_model")
def test_choices_that_another_model_does_not_have_are_dropped(
    visit: Callable[..., Visit],
) -> None:
    page = visit(classes="285,2", score="contrast", against="967").finish()
    page.choose("selectbox", "model", "own").finish()
    assert page.labels[0] == ["cat"]
    assert page.scene.settings.against is not None
    assert page.scene.settings.against < 5
    page.choose("button_group", "score", "logit").finish()
    assert page.statuses == ["done"]
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert "done" in page.statuses
    assert page.scene.settings.layer == "block6d_add"
