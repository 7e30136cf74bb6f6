"""Images as tables: folders of PNG files, and arrays of images in .npz."""

import numpy as np
import pytest
from matplotlib.image import imsave
from PIL import Image

from nncli.artifacts.loaded_network import load_network
from nncli.cli.main import run
from nncli.data.reading.image_folder import ImageFolder, folder_sha256
from nncli.data.reading.pixel_columns import image_shapes_of, pixel_names
from nncli.errors import DataError

CONV = "{type: conv2d, filters: 2, kernel_size: 2}"


def draw(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, np.asarray(values, float), cmap="gray", vmin=0.0, vmax=1.0)


@pytest.fixture
def folder(tmp_path):
    """Bright and dark images of 4 x 5 pixels, a black pixel in each corner."""
    random = np.random.default_rng(0)
    for k in range(24):
        values = random.uniform(0.0, 0.4, (4, 5)) + 0.6 * (k % 2)
        values[0, 0] = 0.0
        draw(tmp_path / "images" / ("bright" if k % 2 else "dark") / f"{k:02}.png", values)
    return tmp_path / "images"


@pytest.fixture
def config(folder):
    path = folder.parent / "images.yaml"
    path.write_text(
        "data: {path: images, target: class}\n"
        f"network: {{hidden: [{CONV}, max_pool2d, flatten]}}\ntraining: {{epochs: 5}}\n"
    )
    return path


def test_a_sub_folder_is_a_class_and_a_row_an_image(folder):
    reader = ImageFolder(folder)
    assert reader.image_shape == (4, 5, 3)  # with colours, though all of them are grey
    [chunk] = reader.chunks()
    assert chunk.columns[-1] == ["bright"] * 12 + ["dark"] * 12
    first = np.array([column[12] for column in chunk.columns[:-1]]).reshape(4, 5, 3)
    assert (first[..., 0] == first[..., 2]).all()
    expected = np.random.default_rng(0).uniform(0.0, 0.4, (4, 5))  # of dark/00.png
    expected[0, 0] = 0.0
    np.testing.assert_allclose(first[..., 0], expected, atol=2 / 255)


def test_the_network_gets_images_with_all_their_pixels(config):
    built = load_network(config).built
    assert built.network.input_shape == (4, 5, 3)
    assert not built.warnings  # of a pixel that is always black
    assert built.table.classes == ("bright", "dark")


def test_train_evaluate_predict_and_verify(config, folder, tmp_path, capsys):
    """What is predicted stands beside the names of files."""
    runs = tmp_path / "runs"
    assert run(["train", str(config), "--runs-dir", str(runs), "--quiet"]) == 0
    own = str(runs / "images-001")
    assert run(["verify", own]) == 0
    assert run(["evaluate", own, "--data", str(folder), "--no-plots"]) == 0
    draw(tmp_path / "new" / "b.png", np.full((4, 5), 0.9))
    draw(tmp_path / "new" / "a.png", np.full((4, 5), 0.1))
    capsys.readouterr()
    assert run(["predict", own, str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == "picture,prediction\na.png,dark\nb.png,bright\n"
    draw(folder / "dark" / "00.png", np.zeros((4, 5)))
    assert run(["verify", own]) == 2
    assert "the data has changed since this run was trained" in capsys.readouterr().err


def test_the_digest_is_of_names_and_bytes(folder):
    before = folder_sha256(folder)
    assert before == folder_sha256(folder)
    (folder / "dark" / "00.png").rename(folder / "bright" / "x.png")
    assert folder_sha256(folder) != before


def test_images_that_do_not_fit_are_named(folder):
    draw(folder / "dark" / "z.png", np.zeros((3, 5)))
    with pytest.raises(DataError, match=r"dark/z.png: 5 x 3 pixels, and .*01.png has 5 x 4: bring"):
        ImageFolder(folder)
    (folder / "dark" / "z.png").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=r"dark/z.png: not a PNG image"):
        ImageFolder(folder)
    whole = (folder / "dark" / "00.png").read_bytes()
    (folder / "dark" / "z.png").write_bytes(whole[:60])
    with pytest.raises(DataError, match=r"dark/z.png: not a PNG that can be read"):
        next(ImageFolder(folder).chunks())


def test_a_folder_without_images_says_what_it_should_have(tmp_path):
    with pytest.raises(DataError, match=r"a folder without images: expected CLASS/NAME.png in it"):
        ImageFolder(tmp_path)


@pytest.mark.parametrize("shape", [(30, 4, 5), (30, 4, 5, 2)])
def test_an_array_of_images_in_npz_is_as_many_columns(shape, tmp_path):
    values = np.random.default_rng(0).integers(0, 255, shape).astype("u1")
    values[:, 0] = 0
    labels = np.array(["a", "b", "c"] * 10)
    np.savez(tmp_path / "t.npz", image=values, label=labels)
    path = tmp_path / "c.yaml"
    path.write_text(
        f"data: {{path: t.npz, target: label}}\nnetwork: {{hidden: [{CONV}, flatten]}}\n"
    )
    built = load_network(path).built
    assert built.network.input_shape == (*shape[1:], 1)[:3]
    np.testing.assert_array_equal(built.table.x, values.reshape(30, -1))
    assert load_network_flat(path).input_shape == (int(np.prod(shape[1:])),)


def load_network_flat(path):
    """The same data for a network that takes features."""
    path.write_text(path.read_text().replace(f"{CONV}, flatten", "8"))
    return load_network(path).built.network


def test_arrays_of_images_are_one_a_file(tmp_path):
    np.savez(tmp_path / "t.npz", a=np.zeros((2, 3, 3)), b=np.zeros((2, 3, 3)))
    path = tmp_path / "c.yaml"
    path.write_text("data: {path: t.npz, target: y}\n")
    with pytest.raises(Exception, match=r"b: expected one array of images, found .*\(2, 3, 3\)"):
        load_network(path)


@pytest.fixture
def gray(tmp_path):
    """The same file as an image without colours, 4 x 5, for each class."""
    values = np.linspace(0, 255, 20).reshape(4, 5).astype("u1")
    for name in ("bright/a.png", "dark/b.png"):
        path = tmp_path / "gray" / name
        path.parent.mkdir(parents=True)
        Image.fromarray(values).save(path)
    return tmp_path / "gray"


def test_what_looks_like_an_image_and_is_not_read_is_told(folder):
    assert ImageFolder(folder).notes == ()
    (folder / "dark" / ".DS_Store").touch()
    (folder / "dark" / ".thumb.jpg").touch()
    assert ImageFolder(folder).notes == ()
    (folder / "dark" / "x.JPG").touch()
    (folder / "dark" / "deep" / "deeper").mkdir(parents=True)
    [note] = ImageFolder(folder).notes
    assert note.endswith("images: not read: dark/deep/, dark/x.JPG; an image is CLASS/NAME.png")


def test_a_folder_of_other_images_says_which(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jpeg").touch()
    with pytest.raises(DataError, match=r"without images: .* \(not read: a/x.jpeg; an image is"):
        ImageFolder(tmp_path)


def test_a_folder_that_is_not_there_is_named(config, folder):
    folder.rename(folder.parent / "moved")
    with pytest.raises(Exception, match=r"data.path: .*images: no such file or folder$"):
        load_network(config)


def test_a_folder_that_was_moved_since_training_is_asked_back(config, folder, tmp_path, capsys):
    """Images aren't copied into a run."""
    runs = str(tmp_path / "runs")
    assert run(["train", str(config), "--runs-dir", runs, "--quiet"]) == 0
    folder.rename(folder.parent / "moved")
    resume = ["train", "--resume", f"{runs}/images-001", "--set", "training.epochs=6"]
    for command in (["evaluate", f"{runs}/images-001"], resume):
        capsys.readouterr()
        assert run(command) == 2
        assert capsys.readouterr().err.splitlines()[-1] == (
            f"{folder}: no such file or folder; {runs}/images-001, which needs it, has no copy "
            "of it: put it back there, or a link to it"
        )
    folder.symlink_to(folder.parent / "moved")
    assert run(["evaluate", f"{runs}/images-001"]) == 0


def test_images_without_a_class_have_no_target(config, folder):
    for path in [*folder.glob("*/*.png")]:
        path.rename(folder / path.name)
    with pytest.raises(Exception, match=r"'class': its images lie in no folder of a class, as C"):
        load_network(config)


def test_new_images_are_of_the_size_and_the_colours_of_training(
    config, folder, gray, tmp_path, capsys
):
    """Gray ones among coloured ones are, as in one folder; others are told what to become."""
    runs = str(tmp_path / "runs")
    assert run(["train", str(config), "--runs-dir", runs, "--quiet"]) == 0
    assert run(["predict", f"{runs}/images-001", str(gray)]) == 0
    other = tmp_path / "gray.yaml"
    other.write_text(
        "data: {path: gray, target: class, split: {type: none}}\n"
        f"network: {{hidden: [{CONV}, flatten]}}\ntraining: {{epochs: 1}}\n"
    )
    assert run(["train", str(other), "--runs-dir", runs, "--quiet"]) == 0
    capsys.readouterr()
    assert run(["predict", f"{runs}/gray-001", str(folder)]) == 2
    assert capsys.readouterr().err == (
        f"{folder}: images of 5 x 4 pixels, in colours, and the network was trained on 5 x 4 "
        "pixels, gray: bring them to that\n"
    )
    draw(tmp_path / "larger" / "a.png", np.zeros((5, 5)))  # which has all the columns, and more
    assert run(["predict", f"{runs}/images-001", str(tmp_path / "larger")]) == 2
    assert "images of 5 x 5 pixels, in colours, and the network" in capsys.readouterr().err


def test_a_few_pixels_that_a_config_chooses_are_no_image(folder, tmp_path):
    config = tmp_path / "few.yaml"
    first = "[pixel_0_0_red, pixel_0_0_green, pixel_0_0_blue]"
    config.write_text(
        f"data: {{path: images, target: class, features: {{include: {first}}}}}\n"
        "network: {hidden: [3]}\ntraining: {epochs: 1}\n"
    )
    runs = str(tmp_path / "runs")
    assert run(["train", str(config), "--runs-dir", runs, "--quiet"]) == 0
    assert run(["predict", f"{runs}/few-001", str(folder)]) == 0


def test_folders_of_a_fixed_split_are_read_alike(config, gray):
    text = config.read_text().replace("class}", "class, split: {type: fixed, test: gray}}")
    config.write_text(text)
    assert load_network(config).built.network.input_shape == (4, 5, 3)
    config.write_text(text.replace("images", "P").replace("gray", "images").replace("P", "gray"))
    assert load_network(config).built.network.input_shape == (4, 5, 3)
    draw(gray / "bright" / "a.png", np.zeros((3, 5)))
    draw(gray / "dark" / "b.png", np.zeros((3, 5)))
    with pytest.raises(Exception, match=r"data.split.test: .*/images: images of 5 x 4 .* 5 x 3"):
        load_network(config)


def test_a_starter_config_for_images_convolves_them(folder, tmp_path):
    config = tmp_path / "starter.yaml"
    assert run(["init", str(folder), "-o", str(config), "--quick"]) == 0
    network = load_network(config).built.network
    assert network.input_shape == (4, 5, 3)
    assert network.nodes[0].layer.name == "conv2d"


@pytest.mark.parametrize(
    "names", [["p_0_0", "p_0_1"], ["a_1_0_0_0", "a_1_0_0_1"], [*pixel_names("x_2", (3, 11, 3))]]
)
def test_columns_of_an_image_are_known_by_their_names(names):
    height, width, channels = image_shapes_of(names)[0]
    assert height * width * channels == len(names)
    assert image_shapes_of(names[1:]) == image_shapes_of(["age"]) == image_shapes_of([]) == []


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("sides", [(1, 1), (1, 6), (6, 1), (2, 11)])
def test_an_image_of_any_shape_is_among_those_of_its_names(sides, channels):
    assert (*sides, channels) in image_shapes_of([*pixel_names("x", (*sides, channels))])


@pytest.mark.parametrize("sides", [(1, 6), (6, 1), (1, 1)])
def test_images_of_one_line_are_read_whole_and_larger_ones_refused(sides, tmp_path, capsys):
    """Beside them, gray with transparency, which comes as three equal channels."""
    random = np.random.default_rng(0)
    for k, name in enumerate(("a/1", "a/2", "b/1", "b/2")):
        path = tmp_path / "lines" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = Image.fromarray(random.integers(0, 256, sides).astype("u1"))
        (drawn.convert("LA") if k % 2 else drawn).save(path)
    reader = ImageFolder(tmp_path / "lines")
    found = np.array(next(reader.chunks()).columns[:-1])
    expected = np.random.default_rng(0).integers(0, 256, (4, *sides)).reshape(4, -1).T / 255
    np.testing.assert_allclose(found, expected, atol=1e-6)
    config = tmp_path / "lines.yaml"
    config.write_text(
        "data: {path: lines, target: class, split: none}\nnetwork: {hidden: []}\n"
        "training: {epochs: 1}\noutput: {plots: []}\n"
    )
    runs = str(tmp_path / "runs")
    assert run(["train", str(config), "--runs-dir", runs, "--quiet"]) == 0
    for more in ((1, 0), (0, 1)):
        large = tmp_path / f"large{more[0]}"
        large.mkdir()
        size = tuple(np.add(sides, more))
        Image.fromarray(np.zeros(size, "u1")).save(large / "a.png")
        assert run(["predict", f"{runs}/lines-001", str(large)]) == 2
        said = f"images of {size[1]} x {size[0]} pixels, gray, and the network was trained on"
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--set", "ensemble.members=2"], ["--folds", "2"]])
def test_a_study_reads_the_folder_where_it_is(arguments, config, tmp_path):
    """A table that it would copy may be one."""
    common = ["--runs-dir", str(tmp_path / "runs"), "--quiet", "--set", "training.epochs=1"]
    assert run(["train", str(config), *common, *arguments]) == 0
    [study] = (tmp_path / "runs").glob("images-*")
    assert run(["verify", str(next(study.glob("*-1")))]) == 0
