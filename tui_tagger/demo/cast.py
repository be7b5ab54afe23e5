"""The people of the demo, drawn by chance and chosen because a face embedder keeps them apart.

Of 240 random faces MTCNN found 161 in each of three poses with a score above 0.98. Among those whose three embeddings
agree, these are far from each other: the mean embeddings of two of them have a cosine of at most 0.43.
"""

from __future__ import annotations

from tui_tagger.demo.people import Face, Person

# fmt: off
CAST: tuple[Person, ...] = (
    Person("Inês Duarte", Face(
        skin=(0.68, 0.48, 0.35), hair=(0.1, 0.08, 0.07), iris=(0.25, 0.15, 0.08), face_width=0.676, jaw_taper=0.39,
        jaw_square=1.279, chin=1.073, eye_gap=0.256, eye_level=-0.082, eye_width=0.102, eye_height=0.091,
        eye_slant=0.171, eye_depth=0.162, brow_lift=0.151, brow_width=0.216, brow_thickness=0.044, brow_slant=-0.224,
        brow_arch=0.055, nose_length=0.32, nose_width=0.105, nose_height=0.386, bridge_width=0.051, lip_gap=0.269,
        mouth_width=0.198, upper_lip=0.053, lower_lip=0.078, lip_tint=0.555, cheeks=0.611, hairline=-0.564,
        volume=0.344, age=0.0, freckles=0.0, ears=1.173, makeup=0.26, style="long", beard="none", moustache=0.0,
        glasses="none", hat="none",
    )),
    Person("Rafael Ortega", Face(
        skin=(0.52, 0.35, 0.25), hair=(0.22, 0.14, 0.09), iris=(0.25, 0.15, 0.08), face_width=0.65, jaw_taper=0.056,
        jaw_square=1.066, chin=1.129, eye_gap=0.28, eye_level=-0.06, eye_width=0.182, eye_height=0.052,
        eye_slant=-0.018, eye_depth=0.612, brow_lift=0.146, brow_width=0.205, brow_thickness=0.027, brow_slant=0.123,
        brow_arch=0.044, nose_length=0.393, nose_width=0.108, nose_height=0.353, bridge_width=0.065, lip_gap=0.253,
        mouth_width=0.314, upper_lip=0.05, lower_lip=0.082, lip_tint=0.0, cheeks=0.885, hairline=-0.666,
        volume=0.586, age=0.0, freckles=0.0, ears=0.939, makeup=0.0, style="curls", beard="none", moustache=0.99,
        glasses="none", hat="none",
    )),
    Person("Elsie Hart", Face(
        skin=(0.8, 0.6, 0.44), hair=(0.72, 0.71, 0.7), iris=(0.25, 0.15, 0.08), face_width=0.662, jaw_taper=0.377,
        jaw_square=2.895, chin=1.012, eye_gap=0.299, eye_level=0.08, eye_width=0.148, eye_height=0.046,
        eye_slant=-0.05, eye_depth=0.238, brow_lift=0.157, brow_width=0.166, brow_thickness=0.06, brow_slant=-0.16,
        brow_arch=0.034, nose_length=0.485, nose_width=0.14, nose_height=0.172, bridge_width=0.069, lip_gap=0.223,
        mouth_width=0.243, upper_lip=0.072, lower_lip=0.077, lip_tint=0.557, cheeks=0.978, hairline=-0.492,
        volume=0.371, age=0.5, freckles=0.649, ears=0.81, makeup=0.738, style="curls", beard="none", moustache=0.0,
        glasses="square", hat="none",
    )),
    Person("Otto Brandt", Face(
        skin=(0.94, 0.76, 0.64), hair=(0.62, 0.27, 0.12), iris=(0.35, 0.24, 0.12), face_width=0.769, jaw_taper=0.248,
        jaw_square=2.986, chin=0.932, eye_gap=0.284, eye_level=0.05, eye_width=0.109, eye_height=0.055,
        eye_slant=-0.197, eye_depth=0.364, brow_lift=0.163, brow_width=0.176, brow_thickness=0.023,
        brow_slant=-0.136, brow_arch=0.074, nose_length=0.345, nose_width=0.091, nose_height=0.28,
        bridge_width=0.061, lip_gap=0.183, mouth_width=0.329, upper_lip=0.062, lower_lip=0.084, lip_tint=0.0,
        cheeks=0.452, hairline=-0.673, volume=0.574, age=0.388, freckles=0.0, ears=1.191, makeup=0.0,
        style="receding", beard="none", moustache=0.515, glasses="none", hat="none",
    )),
    Person("Callum Reid", Face(
        skin=(0.8, 0.6, 0.44), hair=(0.62, 0.27, 0.12), iris=(0.35, 0.24, 0.12), face_width=0.658, jaw_taper=0.364,
        jaw_square=2.657, chin=0.998, eye_gap=0.298, eye_level=-0.013, eye_width=0.132, eye_height=0.081,
        eye_slant=0.18, eye_depth=0.551, brow_lift=0.191, brow_width=0.162, brow_thickness=0.065, brow_slant=0.032,
        brow_arch=0.064, nose_length=0.521, nose_width=0.119, nose_height=0.242, bridge_width=0.084, lip_gap=0.217,
        mouth_width=0.209, upper_lip=0.065, lower_lip=0.072, lip_tint=0.0, cheeks=0.539, hairline=-0.684,
        volume=0.319, age=0.0, freckles=0.971, ears=1.113, makeup=0.0, style="buzz", beard="full", moustache=0.223,
        glasses="none", hat="none",
    )),
    Person("Saoirse Byrne", Face(
        skin=(0.8, 0.6, 0.44), hair=(0.62, 0.27, 0.12), iris=(0.3, 0.48, 0.66), face_width=0.719, jaw_taper=0.385,
        jaw_square=4.006, chin=1.008, eye_gap=0.292, eye_level=0.021, eye_width=0.153, eye_height=0.074,
        eye_slant=0.028, eye_depth=0.273, brow_lift=0.197, brow_width=0.154, brow_thickness=0.042, brow_slant=-0.292,
        brow_arch=0.021, nose_length=0.511, nose_width=0.127, nose_height=0.253, bridge_width=0.074, lip_gap=0.23,
        mouth_width=0.18, upper_lip=0.055, lower_lip=0.079, lip_tint=0.698, cheeks=0.166, hairline=-0.708,
        volume=0.196, age=0.238, freckles=0.0, ears=0.948, makeup=0.038, style="long", beard="none", moustache=0.0,
        glasses="round", hat="none",
    )),
    Person("Linnea Åkesson", Face(
        skin=(0.8, 0.6, 0.44), hair=(0.8, 0.64, 0.38), iris=(0.3, 0.48, 0.66), face_width=0.818, jaw_taper=0.293,
        jaw_square=2.551, chin=1.019, eye_gap=0.364, eye_level=0.097, eye_width=0.119, eye_height=0.048,
        eye_slant=0.17, eye_depth=0.151, brow_lift=0.266, brow_width=0.166, brow_thickness=0.057, brow_slant=-0.197,
        brow_arch=0.061, nose_length=0.406, nose_width=0.145, nose_height=0.151, bridge_width=0.067, lip_gap=0.206,
        mouth_width=0.176, upper_lip=0.062, lower_lip=0.034, lip_tint=0.171, cheeks=0.889, hairline=-0.673,
        volume=0.194, age=0.692, freckles=0.0, ears=0.888, makeup=0.584, style="fringe", beard="none", moustache=0.0,
        glasses="round", hat="none",
    )),
    Person("Kwame Mensah", Face(
        skin=(0.4, 0.26, 0.19), hair=(0.22, 0.14, 0.09), iris=(0.25, 0.15, 0.08), face_width=0.788, jaw_taper=0.076,
        jaw_square=1.861, chin=0.962, eye_gap=0.367, eye_level=0.008, eye_width=0.147, eye_height=0.053,
        eye_slant=-0.046, eye_depth=0.8, brow_lift=0.159, brow_width=0.136, brow_thickness=0.046, brow_slant=-0.153,
        brow_arch=0.004, nose_length=0.554, nose_width=0.189, nose_height=0.383, bridge_width=0.077, lip_gap=0.191,
        mouth_width=0.32, upper_lip=0.062, lower_lip=0.069, lip_tint=0.0, cheeks=0.979, hairline=-0.708,
        volume=0.545, age=0.455, freckles=0.0, ears=1.225, makeup=0.0, style="receding", beard="full",
        moustache=0.878, glasses="heavy", hat="none",
    )),
    Person("Zola Dlamini", Face(
        skin=(0.4, 0.26, 0.19), hair=(0.22, 0.14, 0.09), iris=(0.25, 0.15, 0.08), face_width=0.779, jaw_taper=0.094,
        jaw_square=2.085, chin=1.007, eye_gap=0.262, eye_level=0.042, eye_width=0.127, eye_height=0.082,
        eye_slant=0.107, eye_depth=0.816, brow_lift=0.229, brow_width=0.238, brow_thickness=0.065, brow_slant=0.109,
        brow_arch=0.04, nose_length=0.387, nose_width=0.197, nose_height=0.304, bridge_width=0.061, lip_gap=0.198,
        mouth_width=0.224, upper_lip=0.045, lower_lip=0.062, lip_tint=0.611, cheeks=0.769, hairline=-0.663,
        volume=0.237, age=0.107, freckles=0.0, ears=0.938, makeup=0.38, style="bob", beard="none", moustache=0.0,
        glasses="heavy", hat="beanie",
    )),
    Person("Jakub Novák", Face(
        skin=(0.92, 0.74, 0.58), hair=(0.38, 0.24, 0.14), iris=(0.3, 0.48, 0.66), face_width=0.777, jaw_taper=0.204,
        jaw_square=4.357, chin=1.064, eye_gap=0.352, eye_level=0.113, eye_width=0.128, eye_height=0.085,
        eye_slant=-0.173, eye_depth=0.82, brow_lift=0.181, brow_width=0.187, brow_thickness=0.018, brow_slant=-0.085,
        brow_arch=0.072, nose_length=0.495, nose_width=0.15, nose_height=0.129, bridge_width=0.082, lip_gap=0.268,
        mouth_width=0.254, upper_lip=0.026, lower_lip=0.048, lip_tint=0.0, cheeks=0.697, hairline=-0.695,
        volume=0.425, age=0.0, freckles=0.0, ears=0.874, makeup=0.0, style="short", beard="stubble", moustache=0.0,
        glasses="round", hat="none",
    )),
    Person(None, Face(
        skin=(0.4, 0.26, 0.19), hair=(0.1, 0.08, 0.07), iris=(0.25, 0.15, 0.08), face_width=0.846, jaw_taper=0.381,
        jaw_square=3.029, chin=1.09, eye_gap=0.315, eye_level=0.095, eye_width=0.173, eye_height=0.061,
        eye_slant=0.12, eye_depth=0.311, brow_lift=0.211, brow_width=0.155, brow_thickness=0.037, brow_slant=-0.114,
        brow_arch=0.009, nose_length=0.359, nose_width=0.103, nose_height=0.368, bridge_width=0.089, lip_gap=0.198,
        mouth_width=0.192, upper_lip=0.04, lower_lip=0.093, lip_tint=0.0, cheeks=0.674, hairline=-0.707, volume=0.18,
        age=0.846, freckles=0.0, ears=0.891, makeup=0.0, style="buzz", beard="full", moustache=0.965, glasses="none",
        hat="none",
    )),
    Person(None, Face(
        skin=(0.88, 0.68, 0.54), hair=(0.42, 0.41, 0.4), iris=(0.45, 0.5, 0.52), face_width=0.827, jaw_taper=0.149,
        jaw_square=1.878, chin=1.076, eye_gap=0.262, eye_level=-0.029, eye_width=0.172, eye_height=0.068,
        eye_slant=-0.002, eye_depth=0.243, brow_lift=0.211, brow_width=0.145, brow_thickness=0.064, brow_slant=0.012,
        brow_arch=0.022, nose_length=0.532, nose_width=0.11, nose_height=0.309, bridge_width=0.064, lip_gap=0.199,
        mouth_width=0.318, upper_lip=0.071, lower_lip=0.093, lip_tint=0.0, cheeks=0.106, hairline=-0.682,
        volume=0.365, age=0.5, freckles=0.0, ears=1.246, makeup=0.0, style="bald", beard="none", moustache=0.0,
        glasses="none", hat="cap", mole=(0.33, 0.2),
    )),
    Person(None, Face(
        skin=(0.4, 0.26, 0.19), hair=(0.22, 0.14, 0.09), iris=(0.25, 0.15, 0.08), face_width=0.712, jaw_taper=0.428,
        jaw_square=2.538, chin=1.051, eye_gap=0.313, eye_level=0.056, eye_width=0.165, eye_height=0.043,
        eye_slant=-0.067, eye_depth=0.262, brow_lift=0.193, brow_width=0.247, brow_thickness=0.068,
        brow_slant=-0.065, brow_arch=0.058, nose_length=0.336, nose_width=0.093, nose_height=0.282,
        bridge_width=0.071, lip_gap=0.168, mouth_width=0.328, upper_lip=0.044, lower_lip=0.044, lip_tint=0.378,
        cheeks=0.853, hairline=-0.709, volume=0.581, age=0.0, freckles=0.0, ears=1.184, makeup=0.877, style="long",
        beard="none", moustache=0.0, glasses="none", hat="none",
    )),
    Person(None, Face(
        skin=(0.52, 0.35, 0.25), hair=(0.22, 0.14, 0.09), iris=(0.25, 0.15, 0.08), face_width=0.684, jaw_taper=0.23,
        jaw_square=1.408, chin=1.088, eye_gap=0.304, eye_level=0.039, eye_width=0.174, eye_height=0.076,
        eye_slant=-0.104, eye_depth=0.75, brow_lift=0.176, brow_width=0.21, brow_thickness=0.045, brow_slant=-0.249,
        brow_arch=0.055, nose_length=0.321, nose_width=0.216, nose_height=0.137, bridge_width=0.069, lip_gap=0.269,
        mouth_width=0.29, upper_lip=0.066, lower_lip=0.081, lip_tint=0.0, cheeks=0.318, hairline=-0.501,
        volume=0.483, age=0.0, freckles=0.0, ears=1.123, makeup=0.0, style="parted", beard="full", moustache=0.559,
        glasses="none", hat="none",
    )),
    Person(None, Face(
        skin=(0.92, 0.74, 0.58), hair=(0.1, 0.08, 0.07), iris=(0.3, 0.45, 0.3), face_width=0.798, jaw_taper=0.048,
        jaw_square=2.696, chin=1.133, eye_gap=0.34, eye_level=-0.047, eye_width=0.186, eye_height=0.076,
        eye_slant=-0.103, eye_depth=0.379, brow_lift=0.243, brow_width=0.156, brow_thickness=0.028,
        brow_slant=-0.304, brow_arch=0.004, nose_length=0.334, nose_width=0.154, nose_height=0.132,
        bridge_width=0.054, lip_gap=0.151, mouth_width=0.32, upper_lip=0.074, lower_lip=0.079, lip_tint=0.654,
        cheeks=0.027, hairline=-0.496, volume=0.533, age=0.595, freckles=0.0, ears=1.069, makeup=0.556, style="bob",
        beard="none", moustache=0.0, glasses="round", hat="brim",
    )),
    Person(None, Face(
        skin=(0.4, 0.26, 0.19), hair=(0.1, 0.08, 0.07), iris=(0.25, 0.15, 0.08), face_width=0.726, jaw_taper=0.135,
        jaw_square=2.728, chin=0.979, eye_gap=0.306, eye_level=0.036, eye_width=0.119, eye_height=0.048,
        eye_slant=0.082, eye_depth=0.49, brow_lift=0.135, brow_width=0.184, brow_thickness=0.055, brow_slant=-0.239,
        brow_arch=0.011, nose_length=0.428, nose_width=0.19, nose_height=0.201, bridge_width=0.065, lip_gap=0.157,
        mouth_width=0.305, upper_lip=0.02, lower_lip=0.085, lip_tint=0.701, cheeks=0.098, hairline=-0.638,
        volume=0.498, age=0.0, freckles=0.0, ears=1.056, makeup=0.759, style="long", beard="none", moustache=0.0,
        glasses="none", hat="none",
    )),
)
# fmt: on

NAMED = tuple(person for person in CAST if person.name)
STRANGERS = tuple(person for person in CAST if not person.name)
