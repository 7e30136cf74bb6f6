"""Pictures as tables: folders of PNG files, and arrays of pictures in .npz."""

import numpy as np
import pytest
from matplotlib.image import imsave

from nncli.artifacts.loaded_network import load_network
from nncli.cli.main import run
from nncli.data.reading.picture_folder import PictureFolder, folder_sha256
from nncli.errors import DataError

CONV = "{type: conv2d, filters: 2, kernel_size: 2}"


def draw(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, np.asarray(values, float), cmap="gray", vmin=0.0, vmax=1.0)


@pytest.fixture
def folder(tmp_path):
    """Bright and dark pictures of 4 x 5 pixels, a black pixel in each corner."""
    random = np.random.default_rng(0)
    for k in range(24):
        values = random.uniform(0.0, 0.4, (4, 5)) + 0.6 * (k % 2)
        values[0, 0] = 0.0
        draw(tmp_path / "pictures" / ("bright" if k % 2 else "dark") / f"{k:02}.png", values)
    return tmp_path / "pictures"


@pytest.fixture
def config(folder):
    path = folder.parent / "pictures.yaml"
    path.write_text(
        "data: {path: pictures, target: class}\n"
        f"network: {{hidden: [{CONV}, max_pool2d, flatten]}}\ntraining: {{epochs: 5}}\n"
    )
    return path


def test_a_sub_folder_is_a_class_and_a_row_a_picture(folder):
    reader = PictureFolder(folder)
    assert reader.picture == (4, 5, 3)  # with colours, though all of them are grey
    [chunk] = reader.chunks()
    assert chunk.columns[-1] == ["bright"] * 12 + ["dark"] * 12
    first = np.array([column[12] for column in chunk.columns[:-1]]).reshape(4, 5, 3)
    assert (first[..., 0] == first[..., 2]).all()
    expected = np.random.default_rng(0).uniform(0.0, 0.4, (4, 5))  # of dark/00.png
    expected[0, 0] = 0.0
    np.testing.assert_allclose(first[..., 0], expected, atol=2 / 255)


def test_the_network_gets_pictures_with_all_their_pixels(config):
    built = load_network(config).built
    assert built.network.input_shape == (4, 5, 3)
    assert not built.warnings  # of a pixel that is always black
    assert built.table.classes == ("bright", "dark")


def test_train_evaluate_predict_and_verify(config, folder, tmp_path, capsys):
    """What is predicted stands beside the names of files."""
    runs = tmp_path / "runs"
    assert run(["train", str(config), "--runs-dir", str(runs), "--quiet"]) == 0
    own = str(runs / "pictures-001")
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


def test_pictures_that_do_not_fit_are_named(folder):
    draw(folder / "dark" / "z.png", np.zeros((3, 5)))
    with pytest.raises(DataError, match=r"dark/z.png: 5 x 3 pixels, and .*01.png has 5 x 4: bring"):
        PictureFolder(folder)
    (folder / "dark" / "z.png").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=r"dark/z.png: not a PNG picture"):
        PictureFolder(folder)
    whole = (folder / "dark" / "00.png").read_bytes()
    (folder / "dark" / "z.png").write_bytes(whole[:60])
    with pytest.raises(DataError, match=r"dark/z.png: not a PNG that can be read"):
        next(PictureFolder(folder).chunks())


def test_a_folder_without_pictures_says_what_it_should_have(tmp_path):
    with pytest.raises(
        DataError, match=r"a folder without pictures: expected CLASS/NAME.png in it"
    ):
        PictureFolder(tmp_path)


@pytest.mark.parametrize("shape", [(30, 4, 5), (30, 4, 5, 2)])
def test_an_array_of_pictures_in_npz_is_as_many_columns(shape, tmp_path):
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


def test_arrays_of_pictures_are_one_a_file(tmp_path):
    np.savez(tmp_path / "t.npz", a=np.zeros((2, 3, 3)), b=np.zeros((2, 3, 3)))
    path = tmp_path / "c.yaml"
    path.write_text("data: {path: t.npz, target: y}\n")
    with pytest.raises(Exception, match=r"b: expected one array of pictures, found .*\(2, 3, 3\)"):
        load_network(path)
