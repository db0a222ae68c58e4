"""Where the gallery's photographs come from: file, author, licence and source of each.

Authors, licences and sources of GCompris's are those that the ``README`` beside each file inside
its resources names; scikit-image's are those of its ``skimage/data/README.txt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_COMMONS = "https://commons.wikimedia.org/wiki/File:"


@dataclass(frozen=True)
class Photograph:
    """A photograph inside a package.

    Attributes
    ----------
    file : str
        Its name in scikit-image's data, or its path in GCompris's resources.
    author, licence, source : str
    of_skimage : bool
        Whether scikit-image ships it, else gcompris-qt-data.
    """

    file: str
    author: str
    licence: str
    source: str
    of_skimage: bool = False

    @property
    def package(self) -> str:
        """Where it was taken from."""
        return "scikit-image" if self.of_skimage else "gcompris-qt-data 3.1"


def _skimage(file: str, author: str, licence: str, name: str) -> Photograph:
    return Photograph(file, author, licence, f"skimage.data.{name}", of_skimage=True)


def _gcompris(
    activity: str, file: str, author: str, licence: str, page: str, site: str = _COMMONS
) -> Photograph:
    return Photograph(
        f"/gcompris/src/activities/{activity}/resource/{file}.webp", author, licence, site + page
    )


PHOTOGRAPHS: Mapping[str, Photograph] = {
    "chelsea": _skimage("chelsea.png", "Stefan van der Walt", "CC0", "chelsea"),
    "coffee": _skimage(
        "coffee.png", "Rachel Michetti, courtesy of Pikolo Espresso Bar", "CC0", "coffee"
    ),
    "camera": _skimage("camera.png", "Lav Varshney", "CC0", "camera"),
    "rocket": _skimage("rocket.jpg", "SpaceX", "Public domain (CC0)", "rocket"),
    "astronaut": _skimage("astronaut.png", "NASA", "Public domain", "astronaut"),
    "clock": _skimage("clock_motion.png", "Stefan van der Walt", "Public domain", "clock"),
    "dog": _gcompris(
        "explore_farm_animals",
        "animals/dog",
        "Hans Kemperman",
        "Public domain",
        "German-shepherd-4040871920._(2).jpg",
    ),
    "kitten": _gcompris("erase", "kitten", "GalgenTX", "CC BY 2.0", "A_posing_kitten_(Flickr).jpg"),
    "duck": _gcompris(
        "explore_farm_animals",
        "animals/duck",
        "Bernard Spragg",
        "CC0",
        "Aylesbury_Duck._(9373723157).jpg",
    ),
    "owl": _gcompris(
        "explore_farm_animals", "animals/owl", "Lepale", "CC0", "Owl_The_Nightbird.jpg"
    ),
    "macaw": _gcompris(
        "explore_world_animals",
        "animals/scarlet_macaw",
        "Dcoetzee",
        "CC0",
        "Scarlet_macaw_at_Cougar_Mountain_Zoological_Park.jpg",
    ),
    "kingfisher": _gcompris("erase", "kingfisher", "Frank-2.0", "CC0", "Eisvogel_kingfisher.jpg"),
    "panda": _gcompris(
        "explore_world_animals",
        "animals/panda",
        "Jeff Kubina",
        "Public domain",
        "Giant_Panda_2004-03-2.jpg",
    ),
    "red_panda": _gcompris(
        "erase", "red_panda", "Mathias Appel", "CC0", "Red_Panda_(30324056733).jpg"
    ),
    "koala": _gcompris(
        "explore_world_animals",
        "animals/koala",
        "BurningWell",
        "Public domain",
        "Koala_Perth_Zoo.jpg",
    ),
    "lemur": _gcompris(
        "explore_world_animals", "animals/lemur", "Mathias Appel", "CC0", "Lemur_(37122852696).jpg"
    ),
    "gibbon": _gcompris(
        "erase", "gibbon", "JJ Harrison", "CC BY 3.0", "Hylobates_lar_-_Kaeng_Krachan_WB.jpg"
    ),
    "hedgehog": _gcompris(
        "explore_world_animals",
        "animals/hedgehog",
        "George Chernilevsky",
        "Public domain",
        "Erinaceus_roumanicus_2020_G2.jpg",
    ),
    "crab": _gcompris("erase", "crab", "Nosferattus", "CC0", "Sally_Lightfoot_Crab_2019.jpg"),
    "polar_bear": _gcompris(
        "explore_world_animals",
        "animals/polar_bear",
        "anonymous",
        "Public domain",
        "Churchill_Wildlife_Management_Area_polar_bear30.JPG",
    ),
    "chameleon": _gcompris(
        "erase",
        "chamaeleon",
        "Benny Trapp",
        "CC BY 3.0",
        "BennyTrapp_Chamaeleo_chamaeleon_Samos_Griechenland.jpg",
    ),
    "bison": _gcompris(
        "explore_world_animals", "animals/bison", "Kurt Kaiser", "CC0", "American_Bison_9.jpg"
    ),
    "crocodile": _gcompris(
        "explore_world_animals",
        "animals/crocodile",
        "Djambalawa",
        "Public domain",
        "Saltwater_Crocodile_on_a_river_bank_(cropped).jpg",
    ),
    "clownfish": _gcompris(
        "categorization", "images/fishes/fish9", "Jan Derk", "Public domain", "Common_clownfish.jpg"
    ),
    "goldfish": _gcompris(
        "categorization", "images/fishes/fish25", "Necrophorus", "Public domain", "Goldfisch_1.jpg"
    ),
    "hammer": _gcompris(
        "categorization",
        "images/tools/hammer3",
        "Video Girl",
        "CC0",
        "view-image.php?image=266857&picture=heavy-sledgehammer",
        "https://publicdomainpictures.net/en/",
    ),
    "drums": _gcompris(
        "explore_world_music",
        "music/africa",
        "Kenneth Ritchards",
        "Public domain",
        "Bata_drums.jpg",
    ),
    "castle": _gcompris(
        "explore_monuments",
        "france/citedeCarcassonne",
        "Petitemontagnedujura",
        "Public domain",
        "Carcassonne_-_la_Cit%C3%A9.jpg",
    ),
    "viaduct": _gcompris(
        "explore_monuments", "france/pontduGard", "Mimova", "Public domain", "Pontdugard.jpg"
    ),
    "cliff_dwelling": _gcompris(
        "explore_monuments",
        "usa/navajo",
        "Jon Sullivan",
        "Public domain",
        "Betatakin_Cliff_Dwellings.jpg",
    ),
}
