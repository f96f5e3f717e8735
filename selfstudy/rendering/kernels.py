"""The ray tracer's device code: one set of Warp kernels for CPU and CUDA, one thread per pixel.

Light comes from a small disc around the study's point light, with shadows, and from a dim sky,
brighter above than below, that objects block. Surfaces are matt. The camera and the background
plane are those of the study.
"""

import warp as wp

from selfstudy.rendering.camera import BACK, EYE, PLANE, RIGHT, TANGENT, UP, Batch, cast
from selfstudy.rendering.textures import SIZE

wp.set_module_options({"max_unroll": 1, "enable_backward": False, "fast_math": False})

_FAR = wp.constant(1.0e4)
_SAMPLES = wp.constant(4)  # rays through a pixel
_LIGHT_SAMPLES = wp.constant(2)  # rays to the light for each of them
_LIGHT_RADIUS = wp.constant(0.15)
_LIGHT_POWER = wp.constant(4.8)
_SKY = wp.constant(0.09)
_INTERREFLECTION = wp.constant(0.4)  # share of the sky's light that reaches what it cannot see
_OBJECT_REPEATS = wp.constant(1.4)  # of a texture, per unit of length
_BACKGROUND_REPEATS = wp.constant(0.35)
_TEXTURE_SIZE = wp.constant(SIZE)
_OFFSET = wp.constant(0.002)  # keeps a ray from meeting the surface it starts on


@wp.struct
class _Hit:
    object: int  # 0 is the background
    distance: float
    face: int
    u: float
    v: float


@wp.func
def _to_object(batch: Batch, image: int, index: int, vector: wp.vec3):
    rotated = wp.transpose(batch.rotations[image, index]) * vector
    return wp.cw_div(rotated, batch.scales[image, index])


@wp.func
def _misses(batch: Batch, image: int, index: int, origin: wp.vec3, direction: wp.vec3):
    """Whether a line passes by the sphere around an object: cheaper to ask before its mesh."""
    apart = wp.cross(batch.locations[image, index] - origin, direction)
    radius = batch.radii[image, index]
    return wp.dot(apart, apart) > radius * radius * wp.dot(direction, direction)


@wp.func
def _trace(batch: Batch, image: int, row: int, column: int, direction: wp.vec3):
    """The nearest thing along a pixel's ray, the background plane if nothing else."""
    hit = _Hit()
    hit.distance = (PLANE - wp.dot(EYE, BACK)) / wp.dot(direction, BACK)
    for index in range(batch.roots.shape[1]):
        if batch.covered[image, row, column, index] == wp.uint8(0):
            continue
        start = _to_object(batch, image, index, EYE - batch.locations[image, index])
        along = _to_object(batch, image, index, direction)
        query = wp.mesh_query_ray(batch.mesh, start, along, hit.distance, batch.roots[image, index])
        if query.result:
            hit.object = index + 1
            hit.distance = query.t
            hit.face = query.face
            hit.u = query.u
            hit.v = query.v
    return hit


@wp.func
def _blocked(batch: Batch, image: int, origin: wp.vec3, direction: wp.vec3, limit: float):
    for index in range(batch.roots.shape[1]):
        if _misses(batch, image, index, origin, direction):
            continue
        start = _to_object(batch, image, index, origin - batch.locations[image, index])
        along = _to_object(batch, image, index, direction)
        if wp.mesh_query_ray_anyhit(batch.mesh, start, along, limit, batch.roots[image, index]):
            return True
    return False


@wp.func
def _level_texel(batch: Batch, texture: int, level: int, u: float, v: float):
    """Bilinear sample of one mipmap level; u and v in texture widths, repeating."""
    size = _TEXTURE_SIZE >> level
    start = (4 * (_TEXTURE_SIZE * _TEXTURE_SIZE - size * size)) / 3
    x = (u - wp.floor(u)) * float(size) - 0.5
    y = (v - wp.floor(v)) * float(size) - 0.5
    left = int(wp.floor(x))
    top = int(wp.floor(y))
    a = x - float(left)
    b = y - float(top)
    right = (left + 1) % size
    left = (left + size) % size
    below = start + ((top + 1) % size) * size
    above = start + ((top + size) % size) * size
    upper = wp.lerp(batch.texels[texture, above + left], batch.texels[texture, above + right], a)
    lower = wp.lerp(batch.texels[texture, below + left], batch.texels[texture, below + right], a)
    return wp.lerp(upper, lower, b)


@wp.func
def _texel(batch: Batch, texture: int, u: float, v: float, level: float):
    lower = int(level)
    fine = _level_texel(batch, texture, lower, u, v)
    coarse = _level_texel(batch, texture, lower + 1, u, v)
    return wp.lerp(fine, coarse, level - float(lower))


@wp.func
def _mip_level(batch: Batch, distance: float, slant: float, repeats: float):
    """Where a texel is about as large as the footprint of one of a pixel's rays."""
    footprint = distance * TANGENT / float(batch.resolution) / wp.sqrt(wp.max(slant, 0.1))
    level = wp.log2(wp.max(footprint * repeats * float(_TEXTURE_SIZE), 1.0))
    return wp.min(level, 5.0)


@wp.func
def _albedo(batch: Batch, image: int, hit: _Hit, point: wp.vec3, normal: wp.vec3, slant: float):
    """Surface colour: plain, or a texture projected along the three axes and blended."""
    color = batch.colors[image, hit.object]
    texture = batch.textures[image, hit.object]
    if texture < 0:
        return color
    if hit.object == 0:
        level = _mip_level(batch, hit.distance, slant, _BACKGROUND_REPEATS)
        u = wp.dot(point, RIGHT) * _BACKGROUND_REPEATS
        v = wp.dot(point, UP) * _BACKGROUND_REPEATS
        return _texel(batch, texture, u, v, level)
    index = hit.object - 1
    level = _mip_level(batch, hit.distance, slant, _OBJECT_REPEATS)
    turn = wp.transpose(batch.rotations[image, index])
    local = turn * (point - batch.locations[image, index]) * _OBJECT_REPEATS
    facing = turn * normal
    weights = wp.vec3(wp.pow(facing[0], 8.0), wp.pow(facing[1], 8.0), wp.pow(facing[2], 8.0))
    weights = weights / (weights[0] + weights[1] + weights[2])
    surface = wp.vec3(0.0)
    if weights[0] > 0.01:
        surface += weights[0] * _texel(batch, texture, local[2], local[1], level)
    if weights[1] > 0.01:
        surface += weights[1] * _texel(batch, texture, local[0], local[2], level)
    if weights[2] > 0.01:
        surface += weights[2] * _texel(batch, texture, local[0], local[1], level)
    return wp.lerp(surface, color, batch.tint)


@wp.func
def _sunflower(index: int, count: int):
    """Point `index` of `count` spread evenly over the unit disc.

    The same points serve all pixels: soft shadows then have faint contours instead of grain.
    """
    radius = wp.sqrt((float(index) + 0.5) / float(count))
    angle = 2.3999632 * float(index)
    return wp.vec2(radius * wp.cos(angle), radius * wp.sin(angle))


@wp.func
def _direct_light(batch: Batch, image: int, point: wp.vec3, normal: wp.vec3, sample: int):
    """Irradiance from the light's disc, by this sample's share of the pixel's light rays."""
    light = batch.lights[image]
    side = wp.normalize(wp.cross(light, wp.vec3(1.0, 0.0, 0.0)))
    total = float(0.0)  # noqa: UP018 (float() makes it a variable of the kernel)
    for i in range(_LIGHT_SAMPLES):
        spot = _sunflower(sample + _SAMPLES * i, _SAMPLES * _LIGHT_SAMPLES) * _LIGHT_RADIUS
        toward = light + wp.vec3(spot[0], 0.0, 0.0) + side * spot[1] - point
        distance = wp.length(toward)
        toward = toward / distance
        cosine = wp.dot(normal, toward)
        if cosine > 0.0:  # noqa: SIM102 (no ray is cast for what faces away)
            if not _blocked(batch, image, point, toward, distance):
                total += cosine / (distance * distance)
    return _LIGHT_POWER * total / float(_LIGHT_SAMPLES)


@wp.func
def _sky_light(batch: Batch, image: int, hit: _Hit, point: wp.vec3, normal: wp.vec3, sample: int):
    """Light of the sky, along one cosine-weighted direction; the plane lies open to it."""
    if hit.object == 0:
        return _SKY
    spot = _sunflower(sample, _SAMPLES)
    height = wp.sqrt(1.0 - wp.dot(spot, spot))
    helper = wp.vec3(1.0, 0.0, 0.0)
    if wp.abs(normal[0]) > 0.7:
        helper = wp.vec3(0.0, 1.0, 0.0)
    right = wp.normalize(wp.cross(normal, helper))
    toward = right * spot[0] + wp.cross(normal, right) * spot[1] + normal * height
    sky = _SKY * (1.0 + 0.6 * toward[2])
    if _blocked(batch, image, point, toward, _FAR):
        return _INTERREFLECTION * sky
    return sky


@wp.func
def _display(value: float):
    """Scene-linear to display: a soft shoulder, then gamma."""
    return wp.pow(value / (1.0 + 0.6 * value), 1.0 / 2.2)


@wp.func
def _radiance(batch: Batch, image: int, row: int, column: int, sample: int):
    """Light along one of a pixel's rays: on a rotated grid, each in a row and column of its own."""
    dx = (float((2 * sample + sample / 2 + 1) % _SAMPLES) + 0.5) / float(_SAMPLES)
    dy = (float(sample) + 0.5) / float(_SAMPLES)
    direction = cast(batch, float(column) + dx, float(row) + dy)
    hit = _trace(batch, image, row, column, direction)
    point = EYE + direction * hit.distance
    normal = BACK
    face_normal = BACK
    if hit.object > 0:
        index = hit.object - 1
        turned = batch.rotations[image, index]
        shrink = batch.scales[image, index]
        # The mesh carries its vertex normals in the slot for velocities.
        normal = wp.mesh_eval_velocity(batch.mesh, hit.face, hit.u, hit.v)
        normal = wp.normalize(turned * wp.cw_div(normal, shrink))
        face_normal = wp.mesh_eval_face_normal(batch.mesh, hit.face)
        face_normal = wp.normalize(turned * wp.cw_div(face_normal, shrink))
        if wp.dot(face_normal, direction) > 0.0:
            face_normal = -face_normal
        if wp.dot(normal, face_normal) < 0.0:
            normal = -normal
    slant = -wp.dot(face_normal, direction) / wp.length(direction)
    albedo = _albedo(batch, image, hit, point, normal, slant)
    point = point + face_normal * _OFFSET
    light = _direct_light(batch, image, point, normal, sample)
    light += _sky_light(batch, image, hit, point, normal, sample)
    return albedo * light


@wp.kernel
def draw_colors(batch: Batch, pixels: wp.array4d(dtype=wp.uint8)):
    """Draw the images: pixels (n, resolution, resolution, 3)."""
    image, row, column = wp.tid()
    total = wp.vec3(0.0)
    for sample in range(_SAMPLES):
        light = _radiance(batch, image, row, column, sample)
        total += wp.vec3(_display(light[0]), _display(light[1]), _display(light[2]))
    total = total * (255.0 / float(_SAMPLES))
    for channel in range(3):
        pixels[image, row, column, channel] = wp.uint8(wp.min(total[channel], 255.0) + 0.5)


@wp.kernel
def draw_targets(
    batch: Batch, instances: wp.array3d(dtype=wp.uint8), depths: wp.array3d(dtype=wp.float32)
):
    """Draw which object is seen at each pixel's centre, and at what depth."""
    image, row, column = wp.tid()
    ray = cast(batch, float(column) + 0.5, float(row) + 0.5)
    hit = _trace(batch, image, row, column, ray)
    instances[image, row, column] = wp.uint8(hit.object)
    depths[image, row, column] = hit.distance


@wp.kernel
def find_roots(mesh: wp.uint64, groups: wp.array2d(dtype=wp.int32)):
    """Replace the number of each object's group by the root of that group's hierarchy."""
    image, index = wp.tid()
    groups[image, index] = wp.mesh_get_group_root(mesh, groups[image, index])
