#include "ui/setup/field_binder.h"

#include "ui/experiment_editor.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSpinBox>

#include <cmath>

namespace lora::ui {

ScientificBox::ScientificBox(QWidget* parent)
    : QDoubleSpinBox(parent)
{
    setDecimals(15);
    setRange(0, 10);
    setKeyboardTracking(false);
    // The style would make room for the fewest digits.
    setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("0.00005")) + 5 * kGrid);
}

QString ScientificBox::textFromValue(double value) const
{
    return QString::number(value, 'g', 4);
}

double ScientificBox::valueFromText(const QString& text) const
{
    return text.toDouble();
}

QValidator::State ScientificBox::validate(QString& text, int&) const
{
    bool isNumber = false;
    const double value = text.toDouble(&isNumber);
    if (isNumber)
        return value >= minimum() && value <= maximum() ? QValidator::Acceptable : QValidator::Intermediate;
    for (const QChar c : text) {
        if (!c.isDigit() && !QStringLiteral(".eE-+").contains(c))
            return QValidator::Invalid;
    }
    return QValidator::Intermediate;
}

void ScientificBox::stepBy(int steps)
{
    double next = value();
    for (int i = 0; i < std::abs(steps) && next > 0; ++i) {
        const double power = std::pow(10, std::floor(std::log10(next) + 1e-9));
        const double digit = next / power;
        if (steps > 0)
            next = power * (digit < 1.99 ? 2 : (digit < 4.99 ? 5 : 10));
        else
            next = power * (digit > 5.01 ? 5 : (digit > 2.01 ? 2 : (digit > 1.01 ? 1 : 0.5)));
    }
    setValue(next);
}

FieldBinder::FieldBinder(ExperimentEditor& editor, QObject* parent)
    : QObject(parent)
    , m_editor(editor)
{}

void FieldBinder::guardWheel(QWidget* widget)
{
    widget->setFocusPolicy(Qt::StrongFocus);
    widget->installEventFilter(this);
}

bool FieldBinder::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Wheel && !static_cast<QWidget*>(watched)->hasFocus()) {
        event->ignore();
        return true;
    }
    return QObject::eventFilter(watched, event);
}

void FieldBinder::onChange(std::function<void(const ExperimentConfig&)> refresh)
{
    refresh(m_editor.experiment());
    connect(&m_editor, &ExperimentEditor::changed, this,
            [this, refresh = std::move(refresh)] { refresh(m_editor.experiment()); });
}

void FieldBinder::number(QDoubleSpinBox* box, const QString& label,
                         std::function<double(const ExperimentConfig&)> read,
                         std::function<void(ExperimentConfig&, double)> write)
{
    guardWheel(box);
    onChange([box, read = std::move(read)](const ExperimentConfig& experiment) {
        const QSignalBlocker blocker(box);
        if (box->value() != read(experiment))
            box->setValue(read(experiment));
    });
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, label, write = std::move(write)](double value) {
        m_editor.edit(
            label, [&](ExperimentConfig& experiment) { write(experiment, value); }, label);
    });
}

void FieldBinder::integer(QSpinBox* box, const QString& label,
                          std::function<int(const ExperimentConfig&)> read,
                          std::function<void(ExperimentConfig&, int)> write)
{
    guardWheel(box);
    onChange([box, read = std::move(read)](const ExperimentConfig& experiment) {
        const QSignalBlocker blocker(box);
        if (box->value() != read(experiment))
            box->setValue(read(experiment));
    });
    connect(box, &QSpinBox::valueChanged, this, [this, label, write = std::move(write)](int value) {
        m_editor.edit(
            label, [&](ExperimentConfig& experiment) { write(experiment, value); }, label);
    });
}

void FieldBinder::choice(QComboBox* box, const QString& label,
                         std::function<QString(const ExperimentConfig&)> read,
                         std::function<void(ExperimentConfig&, const QString&)> write)
{
    guardWheel(box);
    onChange([box, read = std::move(read)](const ExperimentConfig& experiment) {
        const QSignalBlocker blocker(box);
        box->setCurrentIndex(box->findData(read(experiment)));
    });
    connect(box, &QComboBox::activated, this, [this, box, label, write = std::move(write)](int index) {
        const QString value = box->itemData(index).toString();
        m_editor.edit(label, [&](ExperimentConfig& experiment) { write(experiment, value); });
    });
}

void FieldBinder::flag(QCheckBox* box, const QString& label,
                       std::function<bool(const ExperimentConfig&)> read,
                       std::function<void(ExperimentConfig&, bool)> write)
{
    onChange([box, read = std::move(read)](const ExperimentConfig& experiment) {
        const QSignalBlocker blocker(box);
        box->setChecked(read(experiment));
    });
    connect(box, &QCheckBox::toggled, this, [this, label, write = std::move(write)](bool isOn) {
        m_editor.edit(label, [&](ExperimentConfig& experiment) { write(experiment, isOn); });
    });
}

} // namespace lora::ui
